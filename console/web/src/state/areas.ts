// The areas by their paths, so that a page says names and not codes.
import { computed, shallowRef } from "vue";
import { ask } from "@/api/client";
import type { Area, Page } from "@/api/types";
import { preferences } from "./preferences";

/** As many as the server gives at once; a county has some hundred. */
const AREAS_MOST = 500;
const known = shallowRef<readonly Area[]>([]);
let isAsked = false;

export const areas = computed(() => known.value);
const names = computed(() => new Map(known.value.map((area) => [area.path, (preferences.language === "en" && area.name_en) || area.name])));

/** The area's name, or its path where it has none. */
export const areaName = (path: string): string => names.value.get(path) || path;

/** Once in a session: areas hardly change, and a wrong name is better than none. */
export async function readAreas(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  try {
    known.value = (await ask<Page<Area>>(`/areas?limit=${AREAS_MOST}`)).items;
  } catch {
    isAsked = false;
  }
}
