// What the API says and takes. Shapes come from the server's own description (`npm run generate` writes schema.d.ts);
// here they get their names, and the closed sets that the server leaves open where a page must know each word.
import type { components } from "./schema";

export type Schemas = components["schemas"];

export type Priority = Schemas["PriorityLabel"];
export type State = Schemas["State"];

export const OUTCOMES = [
  "emergency",
  "assistance",
  "accidental",
  "false_alarm",
  "test",
  "technical",
  "no_answer",
  "duplicate",
] as const satisfies readonly Schemas["Outcome"][];
export type Outcome = Schemas["Outcome"];

export const SAFETY_KINDS = [
  "spoke_with_resident",
  "seen_by",
  "handed_over",
  "no_person_involved",
  "supervisor_decision",
] as const satisfies readonly Schemas["SafetyKind"][];
export type SafetyKind = Schemas["SafetyKind"];

export const CALL_TO = ["resident", "contact", "responder", "service"] as const satisfies readonly Schemas["CallTo"][];
export const CALL_RESULTS = [
  "spoke_ok",
  "spoke_help",
  "unclear",
  "no_answer",
  "busy",
  "voicemail",
  "refused",
  "wrong_number",
  "line_failed",
] as const satisfies readonly Schemas["CallBody"]["result"][];
export const VERIFIED = ["code_word", "voice_known", "contact", "none"] as const satisfies readonly Schemas["Verified"][];
export const SOURCES = ["phone", "hotline", "walk_in", "other_centre", "paper"] as const satisfies readonly Schemas["HandSource"][];
export const HAND_OPENED_CLASSES = [
  "sos",
  "fall",
  "medical",
  "wandering",
  "inactivity",
  "fire",
  "smoke",
  "gas",
  "carbon_monoxide",
  "water_leak",
  "intrusion",
  "request",
] as const satisfies readonly Schemas["Class"][];

export type User = Schemas["Me"];

/** The answer to a sign-in, and to asking whether one still stands. */
export type SessionAnswer = Omit<Schemas["Session"], "duty"> & { duty: { state: Schemas["DutyState"]; since: string | null } };

export type Owner = Schemas["Owner"];

/** The two words of an item whose every value the pages draw. */
interface Drawn {
  priority: Priority;
  state: State;
}

/** An incident in a list and on the stream: names masked, the place to the community. */
export type Item = Omit<Schemas["Item"], keyof Drawn> & Drawn;
export type Incident = Omit<Schemas["Incident"], keyof Drawn | "plan"> & Drawn & { plan: PlanStep[] };

/** One step of the plan as the incident keeps it: what to do, what to say, how it was answered. */
export interface PlanStep {
  readonly id: string;
  readonly class: string;
  readonly policy: string;
  readonly name: string;
  readonly kind: "ask" | "call" | "dispatch" | "notify" | "wait" | "close";
  readonly zh: string;
  readonly en: string;
  readonly script_zh: string;
  readonly script_en: string;
  readonly to: string;
  readonly wait_s: number;
  readonly choices: readonly { readonly value: string; readonly zh: string; readonly en: string; readonly goes_to: string }[];
  readonly answer: { readonly value: string; readonly by: number; readonly at: string } | null;
}
export type Assignment = Schemas["AssignmentView"];
export type Candidate = Schemas["CandidateView"];
export type Candidates = Schemas["Candidates"];
export type DirectNumber = Schemas["DirectNumber"];
export type HandOver = Schemas["HandOver"];
export type Card = Schemas["Card"];
export type AtDesk = Schemas["AtDesk"];
export type TelephoneCall = Schemas["TelephoneCall"];
export type CallWhole = Schemas["TelephoneCallWhole"];
export type Storm = Schemas["Storm"];
export type Outage = Schemas["OutageView"];
export const OUTAGE_RESULTS = ["spoke_ok", "seen_ok", "no_answer", "visit_planned", "needs_help"] as const satisfies readonly Schemas["OutageCall"]["result"][];
export type OutageResult = (typeof OUTAGE_RESULTS)[number];
export type PolicyRecord = Schemas["PolicyRecord"];
export type PolicyWhole = Schemas["PolicyWhole"];
export type PolicyPage = Schemas["PolicyPage"];
export const SERVICES = ["ambulance", "fire", "police", "other"] as const satisfies readonly Schemas["ServiceName"][];
export const SERVICE_ANSWERS = ["accepted", "queued", "rejected", "passed_on"] as const satisfies readonly Schemas["HandOverAnswer"][];

export type Contact = Schemas["Contact"];
export type Person = Schemas["Person"];
export type Resident = Schemas["Resident"];
export type ResidentListed = Schemas["ResidentListed"];
export type Premises = Schemas["Home"];
export type PremisesListed = Schemas["Premises"];
export type WayIn = Schemas["WayIn"];
export type Place = Schemas["Place"];
export type Device = Schemas["Device"];
export type DeviceKind = Schemas["DeviceKind"];
export type NewDevice = Schemas["NewDevice"];
/** Whom a request gives a device to. */
export type Holder = { readonly resident_id: string } | { readonly premises_id: string };
export type Alert = Schemas["Alert"];
export type Actor = Schemas["Actor"];
export type Entry = Schemas["Entry"];
export type ImportReport = Schemas["ImportReport"];
export type Vendor = Schemas["Vendor"];
export type SourceRecord = Schemas["SourceRecord"];
export type TestMode = Schemas["TestMode"];

export type DeviceCommand = Schemas["DeviceCommand"];
/** What a person may ask of a device by hand; announcements follow from what is done in a case. */
export const COMMANDS_BY_HAND = ["locate", "test", "silence", "set_interval"] as const satisfies readonly Schemas["CommandName"][];
export type CommandByHand = (typeof COMMANDS_BY_HAND)[number];
export type Issued = Schemas["Issued"];
export type CredentialState = Schemas["CredentialState"];

/** What could not be used: never its bytes. */
export type DeadLetter = Schemas["DeadLetterListed"];
/** Why something could not be used: the decoder's words, then those of what was decoded but could not be kept. */
export const LETTER_REASONS = [
  ...["unknown_device", "unknown_command", "unstorable", "damaged", "unassessable"],
  ...["unknown_topic", "empty", "too_large", "too_deep", "not_utf8", "not_json", "not_an_event", "bad_id", "bad_time"],
  ...["unknown_type", "device_mismatch", "bad_value", "exhausted"],
] as const;
/** What became of a replay. */
export const REPLAY_RESULTS = [
  ...["used", "nothing_left", "source_unknown", "device_unknown", "still_unreadable", "unstorable"],
  ...["ended_the_process", "failed"],
] as const;

export interface Page<T> {
  items: T[];
  next: string | null;
  seq: number;
}

/** A refusal as RFC 9457 tells it; `changed` names what others did since the picture was drawn. */
export type Problem = Pick<Schemas["ProblemDetails"], "title" | "status"> &
  Partial<Omit<Schemas["ProblemDetails"], "title" | "status" | "changed">> & { changed?: Entry[] | null };

export interface Lane {
  name: string;
  connected: boolean;
  holder: string | null;
}

/** What the server says of itself every two seconds. */
export interface Alive {
  head: number;
  lanes: Lane[];
  engine_age_s: number | null;
  canary_age_s: number | null;
  /** In what the P1 chain ends; anything but the first two wakes nobody. */
  chain_end: "tested" | "demonstration" | "nobody_on_call" | "untested";
}

export interface Frame {
  seq?: number;
  prev?: number;
  kind: string;
  at?: string;
  data?: unknown;
}
export type Area = Schemas["Area"];
export type Absence = Schemas["Absence"];
export type Silence = Schemas["Silence"];
export type StormReport = Schemas["StormReport"];
export type Visit = Schemas["Visit"];
export type Fence = Schemas["FenceShown"];
export type FenceListed = Schemas["FenceListed"];
export type CareRule = Schemas["RuleShown"];
export type Task = Schemas["Task"];
/** Who tasks are for: the roles that may work them off. */
export const TASK_ROLES = ["dispatcher", "supervisor", "community_worker", "register_clerk", "centre_manager"] as const;
export type Happening = Schemas["Happening"];
export type VitalsReading = Schemas["VitalsReading"];
export type Position = Schemas["Position"];
