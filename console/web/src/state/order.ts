// Which incidents stand in the queue, in what order, and when a row may not move.
import type { Item, Priority } from "@/api/types";

/** P4 and P5 are not alarms: the strip shows the first, the event log the second. */
const ALARMS: ReadonlySet<Priority> = new Set(["P1", "P2", "P3"]);

export const isAlarm = (item: Item): boolean => ALARMS.has(item.priority);
export const isOpen = (item: Item): boolean => item.state !== "resolved" && item.state !== "closed";

/** Priority, then unattended before attended, then the oldest alarm: the contract's order. */
export function byUrgency(a: Item, b: Item): number {
  return (
    a.priority.localeCompare(b.priority) ||
    Number(b.unattended) - Number(a.unattended) ||
    Number(a.unregistered) - Number(b.unregistered) ||
    Date.parse(a.oldest_alarm_at) - Date.parse(b.oldest_alarm_at) ||
    Number(BigInt(a.id) - BigInt(b.id))
  );
}

export function queueOf(items: readonly Item[]): Item[] {
  return items.filter((item) => isAlarm(item) && isOpen(item)).sort(byUrgency);
}

export function faultsOf(items: readonly Item[]): Item[] {
  return items.filter((item) => item.priority === "P4" && isOpen(item)).sort(byUrgency);
}

/** Resolved and not yet closed, the newest first. */
export function doneOf(items: readonly Item[]): Item[] {
  return items
    .filter((item) => isAlarm(item) && item.state === "resolved")
    .sort((a, b) => b.seq - a.seq || b.version - a.version);
}

/**
 * The rows to show. While the list is held (the pointer or the focus is in it) every row stays where it is,
 * even one that is done; what is new waits for the "n new" bar.
 */
export function shownIds(before: readonly string[], wanted: readonly string[], held: boolean): string[] {
  return held && before.length > 0 ? [...before] : [...wanted];
}

/** What waits outside the rows shown. */
export function waiting(shown: readonly string[], queue: readonly Item[]): Item[] {
  const known = new Set(shown);
  return queue.filter((item) => !known.has(item.id));
}

/** The row `step` places from the selected one; the ends hold. Without a selection, the first. */
export function neighbour(ids: readonly string[], selected: string | null, step: number): string | null {
  if (ids.length === 0) return null;
  const at = selected === null ? -1 : ids.indexOf(selected);
  if (at < 0) return ids[0] ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null;
}
