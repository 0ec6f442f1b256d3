// How far a plan has come: which step is now, which were done and by whom, which were passed by.
import type { Entry, PlanStep } from "@/api/types";

export interface CourseStep {
  readonly step: PlanStep;
  readonly number: number;
  readonly state: "done" | "now" | "skipped" | "waiting";
}

/** The steps in their order. One that nobody answered before the present one was passed by, and can still be answered. */
export function courseOf(plan: readonly PlanStep[], next: string | null): CourseStep[] {
  const present = next === null ? plan.length : plan.findIndex((step) => step.id === next);
  return plan.map((step, index) => ({ step, number: index + 1, state: stateOf(step, index, present) }));
}

function stateOf(step: PlanStep, index: number, present: number): CourseStep["state"] {
  if (index === present) return "now";
  if (step.answer) return "done";
  return index < present ? "skipped" : "waiting";
}

/** So many answered and so many coming steps stand in the open; the others are a press away. */
const DONE_SHOWN = 3;
const WAITING_SHOWN = 2;

/** What is shown without asking: the last that were done, the present one, and what comes right after. */
export function inSight(course: readonly CourseStep[]): CourseStep[] {
  const done = course.filter((one) => one.state === "done").slice(-DONE_SHOWN);
  const waiting = course.filter((one) => one.state === "waiting").slice(0, WAITING_SHOWN);
  const shown = new Set([...done, ...waiting]);
  return course.filter((one) => one.state === "now" || shown.has(one));
}

/** Who answered, by the entry that says so; an entry knows its author's name, the plan only the number. */
export function answeredBy(step: PlanStep, timeline: readonly Entry[]): string | null {
  const by = String(step.answer?.by ?? "");
  return timeline.find((entry) => entry.actor.kind === "user" && entry.actor.id === by)?.actor.name ?? null;
}
