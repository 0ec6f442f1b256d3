// Whether anything is registered at all: an empty centre explains itself instead of only being quiet.
import { computed, ref } from "vue";
import { ask } from "@/api/client";
import type { Device, Page } from "@/api/types";
import { may } from "./may";

/** Null while nobody knows: what was not read is never shown as empty. */
export const hasDevices = ref<boolean | null>(null);

export const mayRegister = computed(() => may("writeDevices"));

/** Those pages about devices that whoever is signed in may read, in their order. */
export function devicePages(): ("devices" | "dead-letters" | "sources")[] {
  return [
    ...(may("readDevices") ? (["devices"] as const) : []),
    ...(may("readDeadLetters") ? (["dead-letters"] as const) : []),
    ...(may("readSources") ? (["sources"] as const) : []),
  ];
}

/** The centre's own test device of each lane; it proves the way and is nobody's. */
const OWN = "canary:";
export const isOwnDevice = ({ device }: Pick<Device, "device">): boolean => device.startsWith(OWN);
/** More than there are lanes: one device of somebody is among so many. */
const LOOK_AT = 50;

/** Asks until there is a device; after that nothing takes it back. */
export async function lookForDevices(): Promise<void> {
  if (hasDevices.value) return;
  try {
    const { items } = await ask<Page<Device>>(`/devices?limit=${LOOK_AT}`);
    hasDevices.value = items.some((one) => !isOwnDevice(one));
  } catch {
    // Not allowed to look, or no answer: then the desk is merely quiet.
    hasDevices.value = null;
  }
}
