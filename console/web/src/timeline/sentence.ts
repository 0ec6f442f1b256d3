// A timeline entry as one sentence: what happened, with the facts worth saying. Facts it does not know are left out.
import type { Alert, Entry } from "@/api/types";
import { counter, secondsBetween } from "@/time/format";

/** What a sentence is made of: texts with values, the server's words, and whether a word is known at all. */
export interface Words {
  t(key: string, values?: Record<string, string>): string;
  word(group: string, name: string): string;
  isKnown(group: string, name: string): boolean;
}

/** What else is known when the entry is read: the entries before it, the alarms of the case, and names for its numbers. */
export interface Known {
  /** Responders' names by their numbers. */
  readonly people?: Readonly<Record<string, string>>;
  /** Answers in the page's language, by "<step> <value>". */
  readonly answers?: Readonly<Record<string, string>>;
  readonly earlier: readonly Entry[];
  readonly alerts: readonly Pick<Alert, "device" | "id" | "type" | "at" | "received_at">[];
}

export const NOTHING_KNOWN: Known = { earlier: [], alerts: [] };

type Teller = (entry: Entry, words: Words, known: Known) => string[];

/** Less is no delay worth a word. */
const LAG_LEAST_MS = 100;
/** A device's clock may be off by more than any way of a message is long. */
const WAY_MOST_S = 60;
/** After one of these nobody had the case, and the time to a claim is counted anew. */
const UNHELD: ReadonlySet<string> = new Set(["opened", "release", "lease_lost", "unattended_again"]);
/** The machine's reasons that say more than the sentence already does. */
const TELLING: ReadonlySet<string> = new Set([
  ...["cannot_speak_or_hear", "second_fire_sign", "vitals_in_danger", "vitals_need_attention", "dementia", "dementia_at_risk"],
  ...["dependent_and_alone", "equipment_at_home", "retained_old_or_undated", "type_unknown_on_alarm_topic", "after_resolved"],
  ...["still_reported", "caught_up_after_outage", "aged"],
]);

/** A fact as text; "" where it is absent or no single value. */
function fact(entry: Entry, name: string): string {
  const value = (entry.detail as Record<string, unknown> | null)?.[name];
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const amount = (entry: Entry, name: string): number => Number(fact(entry, name)) || 0;

const kindOf = (entry: Entry): string => entry.actor?.kind ?? "";

/** As it stands inside a sentence; Chinese and abbreviations stay as they are. */
const within = (text: string): string => (/^[A-Z][a-z ]/.test(text) ? text[0]?.toLowerCase() + text.slice(1) : text);

/** A word of a closed set inside a sentence, or "" where the page does not know it. */
function said(words: Words, group: string, name: string): string {
  return within(atStart(words, group, name));
}

function atStart(words: Words, group: string, name: string): string {
  return name && words.isKnown(group, name) ? words.word(group, name) : "";
}

/** Short spans with a decimal, longer ones in whole seconds, then in minutes. */
function span(seconds: number, { t }: Words): string {
  if (seconds >= 60) return counter(seconds);
  return t("told.seconds", { n: seconds < 10 ? seconds.toFixed(seconds < 0.1 ? 2 : 1) : String(Math.round(seconds)) });
}

/** The class as it was named in an entry. Never empty: an alarm of a kind nobody knows is still an alarm. */
function classOf(entry: Entry, words: Words): string {
  const name = fact(entry, "class") || fact(entry, "type");
  return within(words.word("class", name || "unknown"));
}

const targets = (entry: Entry, words: Words): string =>
  fact(entry, "to").split(",").map((one) => said(words, "step", one)).filter(Boolean).join(words.t("common.comma"));

const reasons = (entry: Entry, words: Words): string[] =>
  ["reason", "related"].map((name) => fact(entry, name)).filter((one) => TELLING.has(one)).map((one) => said(words, "reasonOf", one));

const priorityOf = (name: string, words: Words): string => said(words, "severity", name) || name;

/** How long the alarm was on its way, where both clocks can be believed. */
function wayOf(entry: Entry, words: Words, { alerts }: Known): string {
  const alert = alerts.find((one) => one.id === fact(entry, "event") && one.device === fact(entry, "device"));
  if (!alert) return "";
  const seconds = secondsBetween(alert.at, alert.received_at);
  return seconds >= 0 && seconds < WAY_MOST_S ? words.t("told.received", { span: span(seconds, words) }) : "";
}

/** What a device did: a button is pressed, everything else reports. */
function deviceDid(entry: Entry, words: Words, verb: "pressed" | "pressedAgain"): string {
  if (fact(entry, "type") === "sos") return words.t(`told.${verb}`);
  return words.t("told.reported", { class: classOf(entry, words) });
}

function source(entry: Entry, words: Words, key: string): string {
  const name = said(words, "source", fact(entry, "source")) || words.t("told.hand");
  return words.t(key, { source: name });
}

const systemPart = (entry: Entry, words: Words): string => {
  const lane = fact(entry, "lane");
  return lane ? words.t("system.lane", { name: lane }) : "";
};

const opened: Teller = (entry, words, known) => {
  const level = fact(entry, "priority");
  const set = level ? words.t("told.setTo", { priority: priorityOf(level, words) }) : "";
  if (kindOf(entry) === "device") return [deviceDid(entry, words, "pressed"), wayOf(entry, words, known), set, ...reasons(entry, words)];
  if (kindOf(entry) !== "system") return [source(entry, words, "told.enteredByHand"), set];
  if (!fact(entry, "class")) return [words.t("told.openedAgain"), set, ...reasons(entry, words)];
  return [words.t("told.openedBySystem", { class: classOf(entry, words) }), systemPart(entry, words), set];
};

const joined: Teller = (entry, words) => {
  const again = words.t("told.ringsAgain");
  if (kindOf(entry) === "device") return [deviceDid(entry, words, "pressedAgain"), again, ...reasons(entry, words)];
  if (kindOf(entry) === "system") return [words.t("told.againBySystem", { class: classOf(entry, words) }), again];
  return [source(entry, words, "told.toldAgain"), again];
};

const counted: Teller = (entry, words) => [
  kindOf(entry) === "device" ? words.t("told.repeated", { class: classOf(entry, words) }) : words.t("told.lasts"),
  words.t("told.onlyCounted"),
];

const noted: Teller = (entry, words) => {
  // What came of calling somebody behind an outage.
  const called = said(words, "outageResult", fact(entry, "outage_call"));
  if (called) return [words.t("told.with", { said: words.t("told.calledBehind"), what: called })];
  const type = fact(entry, "type");
  const word = atStart(words, "wearerWord", type);
  if (word) return [word, words.t("told.forTheRecord")];
  if (type.endsWith("_clear")) {
    return [words.t("told.ended", { class: within(words.word("class", type.slice(0, -"_clear".length))) }), words.t("told.forTheRecord")];
  }
  return [words.t(kindOf(entry) === "device" ? "told.signal" : "told.causeEnded"), words.t("told.forTheRecord")];
};

const raised: Teller = (entry, words) => [
  words.t("told.raised", { from: priorityOf(entry.from ?? "", words), to: priorityOf(entry.to ?? "", words) }),
  fact(entry, "class") ? words.t("told.nowClass", { class: classOf(entry, words) }) : "",
];

const escalated: Teller = (entry, words) => {
  const lag = amount(entry, "lag_ms");
  const round = amount(entry, "round");
  const over = amount(entry, "passed_over");
  const to = targets(entry, words);
  return [
    to ? words.t("told.escalatedTo", { to }) : words.t("told.escalated"),
    round > 0 ? words.t("told.round", { n: String(round + 1) }) : "",
    over > 0 ? words.t("told.passedLevels", { n: String(over) }) : "",
    lag >= LAG_LEAST_MS ? words.t("told.late", { span: span(lag / 1000, words) }) : "",
    ...reasons(entry, words),
  ];
};

/** A deadline that did something: what, and whom it told. */
const withTargets =
  (key: string): Teller =>
  (entry, words) => {
    const to = targets(entry, words);
    return [words.t(key), to ? words.t("told.toldTo", { to }) : ""];
  };

const withDeadline =
  (key: string): Teller =>
  (entry, words) => {
    const to = targets(entry, words);
    const deadline = said(words, "step", fact(entry, "deadline"));
    return [deadline ? words.t(`${key}Named`, { deadline }) : words.t(key), to ? words.t("told.toldTo", { to }) : ""];
  };

const unattendedAgain: Teller = (entry, words, known) =>
  withTargets(fact(entry, "reason") === "alarm_not_confirmed" ? "told.notConfirmed" : "told.noAct")(entry, words, known);

const stillReported: Teller = (entry, words) => [words.t("told.stillReported"), ...(fact(entry, "class") ? [classOf(entry, words)] : [])];

const claimed: Teller = (entry, words, { earlier }) => {
  const since = earlier.filter((one) => one.seq < entry.seq && UNHELD.has(one.action)).at(-1);
  const seconds = since ? secondsBetween(since.at, entry.at) : -1;
  return [seconds >= 0 ? words.t("told.claimAfter", { span: span(seconds, words) }) : words.t("told.claim")];
};

const leaseLost: Teller = (entry, words) => [
  words.t("told.leaseLost"),
  words.t(entry.to === "open" || entry.to === null ? "told.backToQueue" : "told.unattended"),
];

const called: Teller = (entry, words) => {
  const to = said(words, "callTo", fact(entry, "to"));
  const result = said(words, "callResult", fact(entry, "result"));
  const verified = said(words, "verified", fact(entry, "verified"));
  const spoke = fact(entry, "result").startsWith("spoke");
  const head = to ? words.t("told.calledTo", { to }) : words.t("told.called");
  return [result ? words.t("told.with", { said: head, what: result }) : head, spoke ? verified : ""];
};

const resolved: Teller = (entry, words) => {
  const outcome = said(words, "outcome", fact(entry, "outcome"));
  const who = fact(entry, "who");
  const safety = said(words, "safety", fact(entry, "safety"));
  const head = words.t("told.resolve");
  return [
    outcome ? words.t("told.with", { said: head, what: outcome }) : head,
    who && safety ? words.t("told.by", { what: safety, who }) : safety,
  ];
};

const reclassified: Teller = (entry, words) => [words.t("told.reclassified", { class: classOf(entry, words) })];

const lowered: Teller = (entry, words) => [
  entry.from && entry.to
    ? words.t("told.lowered", { from: priorityOf(entry.from, words), to: priorityOf(entry.to, words) })
    : words.t("told.lower_priority"),
];

const corrected: Teller = (entry, words) => {
  const seq = fact(entry, "corrects") || fact(entry, "seq");
  return [seq ? words.t("told.correctNumbered", { n: seq }) : words.t("told.correct")];
};

/** Why a device was asked, where the system did it by itself. */
const ASKED: Readonly<Record<string, string>> = {
  case_taken: "told.commandedForCase",
  help_coming: "told.commandedComing",
  faster_fixes: "told.commandedFaster",
  fixes_restored: "told.commandedUsual",
  still_there: "told.commandedStillThere",
};

const commanded: Teller = (entry, words) => {
  const command = said(words, "command", fact(entry, "command"));
  const asked = fact(entry, "asked");
  const why = Object.hasOwn(ASKED, asked) ? ASKED[asked] : undefined;
  const unnamed = atStart(words, "action", entry.action);
  const head = why ? words.t(why) : command ? words.t("told.commanded", { command }) : unnamed;
  return [head, fact(entry, "state") === "undeliverable" ? said(words, "commandState", "undeliverable") : ""];
};

const commandEnded: Teller = (entry, words) => {
  const command = atStart(words, "command", fact(entry, "command"));
  const state = said(words, "commandState", fact(entry, "state"));
  return [command && state ? words.t("told.with", { said: command, what: state }) : atStart(words, "action", entry.action)];
};

const notNotified: Teller = (entry, words) => [words.t("told.not_notified"), said(words, "withheld", fact(entry, "reason"))];

/** What a responder did or was asked, and which one it was. */
const ofResponder: Teller = (entry, words, { people }) => {
  const plain = atStart(words, "did", entry.action) || words.word("action", entry.action);
  const number = fact(entry, "responder");
  const name = people && Object.hasOwn(people, number) ? people[number] : "";
  const why = said(words, "whyNot", fact(entry, "despite")) || said(words, "endedFor", fact(entry, "reason"));
  return [name ? words.t("told.with", { said: plain, what: name }) : plain, why];
};
const OF_RESPONDER = [
  ...["offered", "informed", "accepted", "standby", "en_route", "arrive", "decline", "stand_down", "reported", "completed", "taken_back"],
  ...["timed_out", "not_moving", "arrival_doubted", "arrival_overdue", "report_missing", "responder_silent"],
] as const;

const answered: Teller = (entry, words, { answers }) => {
  const key = `${fact(entry, "step")} ${fact(entry, "value")}`;
  const value = answers && Object.hasOwn(answers, key) ? (answers[key] ?? "") : "";
  return [value ? words.t("told.with", { said: words.t("did.answer"), what: value }) : words.t("did.answer")];
};

const handedOver: Teller = (entry, words) => {
  const service = said(words, "service", fact(entry, "service"));
  return [service ? words.t("told.with", { said: words.t("did.handover"), what: service }) : words.t("did.handover"), said(words, "serviceAnswer", fact(entry, "answer"))];
};

/** What was put right: the place as it is now, and that it is about somebody else than before. */
const toldBy: Teller = (entry, words) => {
  const place = fact(entry, "place");
  const isOther = fact(entry, "resident") !== "" && fact(entry, "resident") !== fact(entry, "resident_was");
  const said = [place ? words.t("told.toldPlace", { place }) : "", isOther ? words.t("told.toldWho") : ""].filter(Boolean);
  return said.length > 0 ? said.map((text, n) => (n === 0 ? text : within(text))) : [words.t("did.tell")];
};

/** A merge undone, or one stranger who got a case of its own. */
const takenOut: Teller = (entry, words) => {
  const device = fact(entry, "taken_out_to") ? fact(entry, "device") : "";
  return [device ? words.t("told.takenOut", { device }) : words.t("did.split")];
};

/** Those that say more than their name; every other is told by the text of its name. */
const TELLERS: Readonly<Record<string, Teller>> = {
  opened,
  joined,
  counted,
  noted,
  raised,
  escalated,
  passed_over: withDeadline("told.passed_over"),
  unattended_again: unattendedAgain,
  reminded: withTargets("told.reminded"),
  wrap_up_overdue: withTargets("told.wrap_up_overdue"),
  step_failed: withDeadline("told.step_failed"),
  still_reported: stillReported,
  claim: claimed,
  lease_lost: leaseLost,
  call: called,
  resolve: resolved,
  reclassify: reclassified,
  lower_priority: lowered,
  correct: corrected,
  not_notified: notNotified,
  answer: answered,
  handover: handedOver,
  tell: toldBy,
  split: takenOut,
  ...Object.fromEntries(OF_RESPONDER.map((action) => [action, ofResponder])),
  commanded,
  command_ended: commandEnded,
};

/** What was written by a person, or that it was erased. */
function written(entry: Entry, words: Words): string {
  const texts = [fact(entry, "text"), fact(entry, "note"), fact(entry, "reason_text"), kindOf(entry) === "user" && entry.action === "resolve" ? fact(entry, "reason") : ""];
  const isErased = entry.detail !== null && typeof entry.detail === "object" && "erased" in entry.detail;
  return [...texts, isErased ? words.t("incident.erased") : ""].filter(Boolean).join(words.t("told.and"));
}

/** The entry as one sentence without its actor. An action or a fact that the page does not know never breaks it. */
export function sentenceOf(entry: Entry, words: Words, known: Known = NOTHING_KNOWN): string {
  const teller = Object.hasOwn(TELLERS, entry.action) ? TELLERS[entry.action] : undefined;
  const plain = atStart(words, "did", entry.action) || words.word("action", entry.action);
  const clauses = (teller ? teller(entry, words, known) : [plain]).filter(Boolean).join(words.t("told.and"));
  const text = written(entry, words);
  return text ? words.t("told.with", { said: clauses, what: text }) : clauses;
}

/** Every fact of the entry as it stands in the chain, for whoever asks: one a line. */
export function factsOf(entry: Entry): string {
  const moved = entry.from || entry.to ? [`${entry.from ?? "–"} → ${entry.to ?? "–"}`] : [];
  const facts = Object.entries(entry.detail ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return [...moved, ...facts.map(([name, value]) => `${name}: ${String(value)}`)].join("\n");
}
