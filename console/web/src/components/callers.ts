// The devices that called in one case, a line each: who called how often, and when last.
import type { Alert } from "@/api/types";

export interface Caller {
  readonly device: string;
  readonly count: number;
  readonly lastAt: string;
}

/** The newest caller first, so that who calls again comes to the top. */
export function callersOf(alerts: readonly Pick<Alert, "device" | "received_at">[]): Caller[] {
  const found = new Map<string, Caller>();
  for (const { device, received_at: at } of alerts) {
    const known = found.get(device);
    const lastAt = known && Date.parse(known.lastAt) > Date.parse(at) ? known.lastAt : at;
    found.set(device, { device, count: (known?.count ?? 0) + 1, lastAt });
  }
  return [...found.values()].sort((a, b) => Date.parse(b.lastAt) - Date.parse(a.lastAt) || a.device.localeCompare(b.device));
}
