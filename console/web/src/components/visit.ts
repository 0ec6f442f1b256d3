// What a visit may be put into next, and what proves that somebody was there.
import type { Visit } from "@/api/types";
import { pointOf, type Point } from "@/dialogs/place";

export type VisitStep = "started" | "completed" | "called_off";

/** As `store/visits.py` has them: a missed one may still be made. */
const STEPS: Readonly<Record<string, readonly VisitStep[]>> = {
  planned: ["started", "completed", "called_off"],
  started: ["completed", "called_off"],
  missed: ["started", "completed"],
};
export const stepsOf = ({ state }: Pick<Visit, "state">): readonly VisitStep[] => STEPS[state] ?? [];

/** Until a visit is over it can be moved. */
export const mayMove = ({ state }: Pick<Visit, "state">): boolean => state === "planned";

/** Past its beginning and nobody has begun: it will be missed. */
export const isLate = (visit: Pick<Visit, "state" | "until_at">, nowMs: number): boolean => visit.state === "planned" && Date.parse(visit.until_at) < nowMs;

/** Missed ones first, then those running late, then by their time. */
export function byNeed(nowMs: number): (a: Visit, b: Visit) => number {
  const need = (visit: Visit): number => (visit.state === "missed" ? 0 : isLate(visit, nowMs) ? 1 : 2);
  return (a, b) => need(a) - need(b) || Date.parse(a.from_at) - Date.parse(b.from_at) || Number(a.id) - Number(b.id);
}

/** The call in which a voice was heard, or the place near the home: one of them proves a visit. */
export type Proof = { readonly call: string } | { readonly place: Point } | null;

export function proofOf(call: string, place: string): Proof {
  if (call.trim()) return { call: call.trim() };
  const point = pointOf(place);
  return point ? { place: point } : null;
}

/** A window is part of a day, and does not end before it begins. */
const WINDOW_MOST_MS = 24 * 3_600_000;
export function isWindow(from: string | null, until: string | null): boolean {
  if (!from || !until) return false;
  const length = Date.parse(until) - Date.parse(from);
  return length >= 0 && length <= WINDOW_MOST_MS;
}
