// What the API says and takes, as the contract lays down; ids are strings of digits, times RFC 3339 in UTC.

export type Priority = "P1" | "P2" | "P3" | "P4" | "P5";
export type State = "open" | "claimed" | "dispatched" | "on_scene" | "resolved" | "closed";

export const OUTCOMES = [
  "emergency",
  "assistance",
  "accidental",
  "false_alarm",
  "test",
  "technical",
  "no_answer",
  "duplicate",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const SAFETY_KINDS = [
  "spoke_with_resident",
  "seen_by",
  "handed_over",
  "no_person_involved",
  "supervisor_decision",
] as const;
export type SafetyKind = (typeof SAFETY_KINDS)[number];

export const CALL_TO = ["resident", "contact", "responder", "service"] as const;
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
] as const;
export const VERIFIED = ["code_word", "voice_known", "contact", "none"] as const;
export const SOURCES = ["phone", "hotline", "walk_in", "other_centre", "paper"] as const;
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
] as const;

export interface User {
  id: string;
  name: string;
  display_name: string;
  role: string;
  language: string | null;
  areas: string[];
}

/** The answer to a sign-in, and to asking whether one still stands. */
export interface SessionAnswer {
  user: User;
  duty?: { state: "on" | "break" | "off" } | null;
  site_timezone?: string;
}

export interface Owner {
  id: string;
  display_name: string;
}

/** An incident in a list and on the stream: names masked, the place to the community. */
export interface Item {
  id: string;
  number: string;
  state: State;
  priority: Priority;
  class: string;
  family: string;
  area: string | null;
  opened_at: string;
  oldest_alarm_at: string;
  sounded_at: string;
  sound_to: string;
  version: number;
  seq: number;
  claimed_by: Owner | null;
  lease_until: string | null;
  unattended: boolean;
  deadline: { at: string; step: string } | null;
  source: string;
  unregistered: boolean;
  late: boolean;
  clock_wrong: boolean;
  retained: boolean;
  test: boolean;
  damaged: boolean;
  alert_count: number;
  person: { masked_name: string } | null;
  place_text: string | null;
  device: { id: string; device?: string; kind: string } | null;
  follows: string | null;
  outcome: string | null;
  passed_by_me: boolean;
}

export interface Contact {
  id: string;
  name: string;
  relation: string;
  role: string;
  rank: number;
  phone: string | null;
  phone_typed?: string | null;
}

export interface Person {
  id: string;
  name: string;
  also_called?: string;
  status: string;
  phone: string | null;
  ability: number | null;
  communication: Record<string, unknown>;
  risks?: string[];
}

export interface Resident extends Person {
  ref: string | null;
  premises_id: string | null;
  address: string | null;
  area: string | null;
  birth_date: string | null;
  tags: string[];
  notes: string | null;
  has_identity: boolean;
  contacts: Contact[];
  version: number;
}

export interface WayIn {
  id: string;
  kind: string;
  holder: string | null;
  has_secret: boolean;
  instructions: string;
}

export interface Premises {
  id: string;
  address: string;
  area: string | null;
  hazards: string[];
  access: WayIn[];
}

export interface Place {
  kind: string;
  lat: number | null;
  lon: number | null;
  accuracy_m: number | null;
  source: string | null;
  at: string | null;
  age_s: number | null;
  distance_from_home_m: number | null;
  hint?: boolean;
  text: string | null;
}

export interface Device {
  id: string;
  device: string;
  kind: string;
  source: string;
  model: string;
  interval_s: number | null;
  wearer: string;
  life: string;
  registered: boolean;
  area: string | null;
  resident_id: string | null;
  resident_masked_name: string | null;
  last_seen: string | null;
  online: boolean | null;
  battery_pct: number | null;
  open: string[];
  version: number;
}

export interface Alert {
  device: string;
  id: string;
  type: string;
  at: string;
  received_at: string;
  copies?: number;
  marks?: string[];
}

export interface Actor {
  kind: string;
  id: string | null;
  name: string | null;
}

export interface Entry {
  seq: number;
  at: string;
  actor: Actor | string;
  action: string;
  from: string | null;
  to: string | null;
  detail: Record<string, unknown> | null;
  hash?: string;
}

export interface Incident extends Item {
  resident: Resident | null;
  people: Person[];
  premises: Premises | null;
  place: Place | null;
  devices: Device[];
  alerts: Alert[];
  links: { id: string; number: string; reason: string }[];
  timeline: Entry[];
  caller?: Record<string, unknown> | null;
}

export interface ResidentListed {
  id: string;
  ref: string | null;
  masked_name: string;
  masked_phone: string | null;
  status: string;
  area: string | null;
  version: number;
}

export interface Page<T> {
  items: T[];
  next: string | null;
  seq?: number;
}

export interface ImportReport {
  imported: number;
  errors: { line: number; error: string }[];
  proposals: { line: number; device: string; resident_id: string; like_resident_ids: string[] }[];
  unknown_columns?: string[];
}

/** A refusal as RFC 9457 tells it; `changed` names what others did since the picture was drawn. */
export interface Problem {
  type?: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  problems?: { field: string; code: string; message?: string | null }[];
  changed?: Entry[];
}

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
}

export interface Frame {
  seq?: number;
  prev?: number;
  kind: string;
  at?: string;
  data?: unknown;
}
