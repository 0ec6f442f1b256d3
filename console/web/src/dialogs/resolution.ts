// What a resolution must carry before it is worth sending: the same rule as the server's, told earlier.
import type { Outcome, Priority, SafetyKind } from "@/api/types";

export interface Draft {
  outcome: Outcome | "";
  kind: SafetyKind | "";
  who: string;
  service: string;
  reference: string;
  acceptedAt: string;
  reason: string;
  secondUser: string;
  note: string;
}

export const EMPTY: Draft = {
  outcome: "",
  kind: "",
  who: "",
  service: "",
  reference: "",
  acceptedAt: "",
  reason: "",
  secondUser: "",
  note: "",
};

const GRAVE: ReadonlySet<Priority> = new Set(["P1", "P2"]);
const REFUSED: ReadonlySet<string> = new Set(["no_answer", "duplicate"]);
/** Nobody was involved only where the outcome says so. */
const WITHOUT_PERSON: ReadonlySet<string> = new Set(["test", "technical"]);

type Field = "who" | "service" | "reference" | "acceptedAt" | "reason" | "secondUser";
export const FIELDS: Readonly<Record<SafetyKind, readonly Field[]>> = {
  spoke_with_resident: [],
  seen_by: ["who"],
  handed_over: ["service", "reference", "acceptedAt"],
  no_person_involved: [],
  supervisor_decision: ["reason", "secondUser"],
};

/** The end of one of these that nobody went to see is answered for by two. */
const TWO_PERSON: ReadonlySet<string> = new Set(["fire", "smoke", "gas", "carbon_monoxide"]);
export const mayNeedSecond = ({ class: kind }: { class: string }): boolean => TWO_PERSON.has(kind);
export const needsSafety = (priority: Priority): boolean => GRAVE.has(priority);
export const isOutcomeRefused = (priority: Priority, outcome: string): boolean => GRAVE.has(priority) && REFUSED.has(outcome);
export const isSafetyRefused = (outcome: string, kind: string): boolean =>
  kind === "no_person_involved" && outcome !== "" && !WITHOUT_PERSON.has(outcome);

/** Whether a change of priority is a step down that takes safety: from where life is in danger to where it is not. */
export const lowersBelowGrave = (from: Priority, to: Priority | ""): boolean => from === "P1" && to !== "" && !GRAVE.has(to);

/** Names of the fields still missing of the safety alone. */
export function missingSafety(draft: Draft): string[] {
  return draft.kind === "" ? ["safety"] : FIELDS[draft.kind].filter((field) => !draft[field].trim());
}

/** Names of the fields still missing, as keys of the page's words. */
export function missingIn(draft: Draft, priority: Priority): string[] {
  const missing: string[] = [];
  if (!draft.outcome || isOutcomeRefused(priority, draft.outcome)) missing.push("outcome");
  if (draft.kind === "" || isSafetyRefused(draft.outcome, draft.kind)) {
    if (needsSafety(priority) || draft.kind !== "") missing.push("safety");
  } else {
    missing.push(...FIELDS[draft.kind].filter((field) => !draft[field].trim()));
  }
  return missing;
}

/** The body of `resolve`; only what belongs to the kind of safety is sent. */
export function bodyOf(draft: Draft): object {
  const body: Record<string, unknown> = { outcome: draft.outcome };
  if (draft.kind) body["safety"] = safetyOf(draft, draft.kind);
  if (draft.note.trim()) body["note"] = draft.note.trim();
  return body;
}

/** How the safety is known, as the API takes it. */
export function safetyOf(draft: Draft, kind: SafetyKind): object {
  const second = draft.secondUser.trim();
  return { ...knownBy(draft, kind), ...(second && { second_user: second }) };
}

function knownBy(draft: Draft, kind: SafetyKind): object {
  switch (kind) {
    case "seen_by":
      return { kind, who: draft.who.trim() };
    case "handed_over": {
      const acceptedAt = new Date(draft.acceptedAt).toISOString();
      return { kind, service: draft.service.trim(), reference: draft.reference.trim(), accepted_at: acceptedAt };
    }
    case "supervisor_decision":
      return { kind, reason: draft.reason.trim() };
    default:
      return { kind };
  }
}
