// What must be heard now, worked out from the state alone: nothing that rings was ever told to ring.
import type { Item } from "@/api/types";
import { isOpen } from "@/state/order";

/** Pulses in one burst, in the manner of IEC 60601-1-8: high ten, medium three, low one. */
export const PULSES: Readonly<Record<"P1" | "P2" | "P3", number>> = { P1: 10, P2: 3, P3: 1 };
/** Seconds until an unattended case sounds again; a notice sounds once. */
export const REPEAT_S: Readonly<Record<"P1" | "P2" | "P3", number | null>> = { P1: 8, P2: 20, P3: null };
/** A desk that passed a case hears one pulse a minute of it (centre.md, 9). */
export const PASSED_REPEAT_S = 60;
/** A pause ends by itself; long enough for a sentence on the telephone, too short to forget. */
export const PAUSE_S = 120;

type Sounding = keyof typeof PULSES;

interface Heard {
  readonly soundedAt: string;
  readonly atMs: number;
}

export interface Memory {
  readonly heard: Readonly<Record<string, Heard>>;
  /** Until when each incident is paused, and the sounding it was paused at: a newer one ends the pause. */
  readonly pauses: Readonly<Record<string, { readonly untilMs: number; readonly soundedAt: string }>>;
}

export interface Burst {
  readonly priority: Sounding;
  readonly pulses: number;
}

/** What it sounds like. A press in test mode sounds once and softly: within a minute it is confirmed, or as loud as any
 * call (centre.md, 12). */
const soundOf = (item: Item): Sounding => (item.test ? "P3" : (item.priority as Sounding));

export const NOTHING_HEARD: Memory = { heard: {}, pauses: {} };

/** Whether silence about this incident would be wrong: nobody has it, and it is an alarm.
 * Every desk hears it, however far it was sounded: `sound_to` says who hears it too, never who need not. */
export function mustSound(item: Item): boolean {
  return item.unattended && isOpen(item) && item.priority in PULSES;
}

export function pausedFor(memory: Memory, item: Item, nowMs: number): number {
  const pause = memory.pauses[item.id];
  if (!pause || isNewer(item.sounded_at, pause.soundedAt)) return 0;
  return Math.max(0, (pause.untilMs - nowMs) / 1000);
}

export function pause(memory: Memory, item: Item, nowMs: number): Memory {
  const entry = { untilMs: nowMs + PAUSE_S * 1000, soundedAt: item.sounded_at };
  return { ...memory, pauses: { ...memory.pauses, [item.id]: entry } };
}

/** The burst to play now, if any, and what has then been heard. The gravest comes first; one at a time. */
export function nextBurst(
  items: readonly Item[],
  memory: Memory,
  nowMs: number,
): { burst: Burst | null; memory: Memory } {
  const sounding = items.filter((item) => mustSound(item) && pausedFor(memory, item, nowMs) === 0);
  const due = sounding.filter((item) => isDue(item, memory.heard[item.id], nowMs));
  const kept = forgetGone(memory, items);
  if (due.length === 0) return { burst: null, memory: kept };
  const priority = due.map(soundOf).reduce((a, b) => (a < b ? a : b));
  const first = due.filter((item) => soundOf(item) === priority);
  const isReminder = first.every((item) => item.passed_by_me);
  const pulses = isReminder ? 1 : PULSES[priority];
  // One full burst tells every case of this severity; a reminder tells only those it was due for.
  const told = isReminder ? first : sounding.filter((item) => soundOf(item) === priority);
  const heard = { ...kept.heard };
  for (const item of told) heard[item.id] = { soundedAt: item.sounded_at, atMs: nowMs };
  return { burst: { priority, pulses }, memory: { ...kept, heard } };
}

function isDue(item: Item, heard: Heard | undefined, nowMs: number): boolean {
  if (!heard) return true;
  const repeatS = item.passed_by_me ? PASSED_REPEAT_S : REPEAT_S[soundOf(item)];
  if (!item.passed_by_me && isNewer(item.sounded_at, heard.soundedAt)) return true;
  return repeatS !== null && nowMs - heard.atMs >= repeatS * 1000;
}

function isNewer(a: string, b: string): boolean {
  return Date.parse(a) > Date.parse(b);
}

function forgetGone(memory: Memory, items: readonly Item[]): Memory {
  const known = new Set(items.filter((item) => item.unattended).map((item) => item.id));
  const keep = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([id]) => known.has(id)));
  return { heard: keep(memory.heard), pauses: keep(memory.pauses) };
}
