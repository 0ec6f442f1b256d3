// Whether anything is registered at all: an empty centre explains itself instead of only being quiet.
import { computed, ref } from "vue";
import { ask } from "@/api/client";
import type { Device, Page } from "@/api/types";
import { session } from "./session";

/** Null while nobody knows: what was not read is never shown as empty. */
export const hasDevices = ref<boolean | null>(null);

/** Who may register devices; the server decides all the same. */
const REGISTERING: ReadonlySet<string> = new Set(["register_clerk", "supervisor", "installer", "administrator", "program"]);
export const mayRegister = computed(() => REGISTERING.has(session.user?.role ?? ""));

/** Asks until there is a device; after that nothing takes it back. */
export async function lookForDevices(): Promise<void> {
  if (hasDevices.value) return;
  try {
    hasDevices.value = (await ask<Page<Device>>("/devices?limit=1")).items.length > 0;
  } catch {
    // Not allowed to look, or no answer: then the desk is merely quiet.
    hasDevices.value = null;
  }
}
