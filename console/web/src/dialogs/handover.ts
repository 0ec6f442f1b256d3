// What is sent about a control room that was rung: only what belongs to its answer.
import type { DirectNumber } from "@/api/types";

export interface HandoverDraft {
  service: string;
  number: string;
  answer: string;
  estimate: string;
  reference: string;
  takenBy: string;
  reason: string;
  passedOnTo: string;
  told: string;
}

export const NO_HANDOVER: HandoverDraft = {
  service: "", number: "", answer: "", estimate: "", reference: "", takenBy: "", reason: "", passedOnTo: "", told: "",
};

/** What one knows by heart; the direct number of the place comes first. */
const SHORT: Readonly<Record<string, string>> = { police: "110", fire: "119", ambulance: "120" };

/** The numbers of a service for this place, the direct one first. */
export function numbersOf(service: string, direct: readonly DirectNumber[]): string[] {
  const own = direct.filter((one) => one.service === service).map((one) => one.number);
  const short = SHORT[service];
  return [...new Set([...own, ...(short ? [short] : [])])];
}

/** A whole number of minutes, or null where none was given or it is none. */
export const minutesOf = (text: string): number | null => (/^\d{1,4}$/.test(text.trim()) ? Number(text.trim()) : null);

/** What is still missing before it is worth sending, as keys of the page's words. */
export function missingOf(draft: HandoverDraft): string[] {
  return [
    draft.service ? "" : "service",
    draft.answer === "rejected" && !draft.reason.trim() ? "reason" : "",
    draft.answer === "passed_on" && !draft.passedOnTo.trim() ? "passedOnTo" : "",
    draft.estimate.trim() && minutesOf(draft.estimate) === null ? "estimate" : "",
  ].filter(Boolean);
}

/** What they answered; a field of another answer is not sent with it. */
export function answerOf(draft: HandoverDraft): Record<string, unknown> {
  const said: Record<string, unknown> = {
    answer: draft.answer,
    reference: draft.reference.trim(),
    taken_by: draft.takenBy.trim(),
    told: draft.told.trim(),
    reason: draft.answer === "rejected" ? draft.reason.trim() : "",
    passed_on_to: draft.answer === "passed_on" ? draft.passedOnTo.trim() : "",
  };
  const minutes = draft.answer === "rejected" ? null : minutesOf(draft.estimate);
  const given = Object.entries(said).filter(([, value]) => value !== "");
  return { ...Object.fromEntries(given), ...(minutes !== null && { estimate_min: minutes }) };
}

/** The whole of it: which service on which number, and what it answered. */
export function bodyOf(draft: HandoverDraft): Record<string, unknown> {
  return { service: draft.service, ...(draft.number.trim() && { number: draft.number.trim() }), ...answerOf(draft) };
}
