// Every entry of a timeline is one sentence in both languages, whatever its facts are.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import type { Entry } from "@/api/types";
import { i18n, wordsOf } from "@/i18n";
import { factsOf, sentenceOf, type Known, type Words } from "@/timeline/sentence";

/** The rules' own lists of words: a new one without a sentence fails here. */
const VOCABULARY = ["vocabulary", "call_words"].map((name) => readFileSync(`../../rules/domain/${name}.py`, "utf8")).join("\n\n\n");

function wordsOfRules(name: string): string[] {
  const body = new RegExp(`class ${name}\\(StrEnum\\):([\\s\\S]*?)\\n\\n\\n`).exec(`${VOCABULARY}\n\n\n`)?.[1] ?? "";
  return [...body.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map((match) => match[1] as string);
}

const { t, te } = i18n.global as unknown as { t: Words["t"]; te: (key: string) => boolean };
const words: Words = { t, ...wordsOf({ t, te }) };

function speak(language: "zh-CN" | "en"): void {
  i18n.global.locale.value = language;
}

function anEntry(said: Partial<Entry> = {}): Entry {
  return {
    seq: 1,
    at: "2026-11-19T06:30:00Z",
    actor: { kind: "system", id: null, name: null },
    action: "opened",
    from: null,
    to: null,
    detail: {},
    hash: "",
    ...said,
  };
}

const device = { kind: "device", id: "btn-0417", name: null };
const user = { kind: "user", id: "7", name: "苏晓" };
const press = { class: "sos", device: "btn-0417", event: "e1", policy: "builtin-1", priority: "P1", reason: "class_row", type: "sos" };
const known: Known = {
  earlier: [anEntry({ actor: device })],
  alerts: [{ device: "btn-0417", id: "e1", type: "sos", at: "2026-11-19T06:30:00Z", received_at: "2026-11-19T06:30:00.100Z" }],
};

const ACTIONS = [...wordsOfRules("Action"), ...wordsOfRules("Step")];

describe("the sentence of an entry", () => {
  beforeEach(() => speak("zh-CN"));

  it("is known for more actions than a handful", () => {
    expect(ACTIONS.length).toBeGreaterThan(35);
  });

  describe.each(["device", "system", "user"])("of a %s", (kind) => {
    it.each(ACTIONS)("is Chinese and English for %s", (action) => {
      const entry = anEntry({ action, actor: { kind, id: null, name: null } });
      const chinese = sentenceOf(entry, words);
      speak("en");
      const english = sentenceOf(entry, words);
      expect(chinese).toMatch(/[\u4e00-\u9fff]/);
      expect(chinese).not.toMatch(/[a-z]{2}/);
      expect(english).toMatch(/^[A-Z]/);
      expect(english).not.toMatch(/[\u4e00-\u9fff{}_]/);
    });
  });

  it.each([
    [{ actor: device, detail: { ...press, related: "nothing_open" } }, "按下，0.1 秒后收到，定为特急", "Pressed, received after 0.1 s, set to critical"],
    [{ actor: device, action: "joined", detail: { ...press, related: "further_alarm" } }, "再次按下，重新响铃", "Pressed again, sounded again"],
    [{ actor: device, detail: { ...press, type: "smoke", class: "smoke", event: "e2" } }, "上报烟感火警，定为特急", "Reported: smoke alarm, set to critical"],
    [
      { action: "escalated", detail: { deadline: "escalate", lag_ms: 115, passed_over: 0, reason: "unattended", round: 0, stage: 0, to: "desks,supervisors" } },
      "逐级上报：全部座席、值班长，晚 0.1 秒",
      "Escalated to all desks, supervisor, 0.1 s late",
    ],
    [{ action: "claim", seq: 2, at: "2026-11-19T06:30:13Z", actor: user }, "接警，用时 13 秒", "Claimed after 13 s"],
    [{ action: "lease_lost", from: "claimed", to: "open" }, "占用时限到期，退回待接", "The lease ran out, back to the queue"],
    [{ action: "lease_lost", from: "dispatched", to: "dispatched" }, "占用时限到期，无人处置", "The lease ran out, unattended"],
    [
      { action: "tell", actor: user, detail: { place: "菜市场东门", place_was: null, resident: 4, resident_was: null, note: "邻居说的" } },
      "改地点为 菜市场东门，指明当事人：邻居说的",
      "Says where it is: 菜市场东门, says who it is about: 邻居说的",
    ],
    [{ action: "tell", actor: user, detail: { has_point: true } }, "补充地点或当事人", "Wrote down where it is, or whom it is about"],
    [{ action: "noted", actor: user, detail: { outage_call: "no_answer", resident: 4 } }, "联系受影响人员：无人应答", "Contacted somebody behind the outage: no answer"],
    [{ action: "split", actor: user, detail: { device: "btn-0800", taken_out_to: 9 } }, "把 btn-0800 单独立案", "Took btn-0800 out as a case of its own"],
    [{ action: "note", actor: user, detail: { text: "老人说腿疼" } }, "记录：老人说腿疼", "Note: 老人说腿疼"],
    [
      { action: "call", actor: user, detail: { to: "contact", result: "spoke_ok", verified: "code_word", number: "13800001234" } },
      "与紧急联系人通话：通话，平安，口令正确",
      "Call with contact: spoke, is well, code word",
    ],
    [
      { action: "resolve", actor: user, detail: { outcome: "assistance", safety: "seen_by", who: "女儿" } },
      "处置完毕：一般求助，有人当面看到（女儿）",
      "Resolved: assistance, seen by somebody (女儿)",
    ],
    [{ detail: { class: "lane_unheld", priority: "P2", lane: "alarms" } }, "立案：接入通道无人值守，通道 alarms，定为紧急", "Opened: lane not watched, lane alarms, set to urgent"],
    [{ action: "raised", from: "P3", to: "P1", detail: { class: "fire" } }, "级别由关注提高到特急，改为火警", "Raised from notice to critical, now fire"],
    [{ action: "note", actor: user, detail: { erased: { rule: "retention" } } }, "记录：文字已按规定清除", "Note: text erased by rule"],
    [{ action: "invented_later", detail: { some: 3 } }, "invented later", "invented later"],
  ] as const)("says what happened: %#", (said, chinese, english) => {
    const entry = anEntry(said as Partial<Entry>);
    expect(sentenceOf(entry, words, known)).toBe(chinese);
    speak("en");
    expect(sentenceOf(entry, words, known)).toBe(english);
  });

  it("names whom an entry of the field is about, and what was answered", () => {
    const more: Known = { ...known, people: { "2": "邹建平" }, answers: { "sos.call_resident spoke_help": "本人要求帮助" } };
    expect(sentenceOf(anEntry({ action: "offered", detail: { responder: 2 } }), words, more)).toContain("邹建平");
    expect(sentenceOf(anEntry({ action: "offered", detail: { responder: 3 } }), words, more)).not.toContain("undefined");
    const answer = anEntry({ action: "answer", actor: user, detail: { step: "sos.call_resident", value: "spoke_help" } });
    expect(sentenceOf(answer, words, more)).toContain("本人要求帮助");
    expect(sentenceOf(anEntry({ action: "handover", actor: user, detail: { service: "ambulance", answer: "queued" } }), words)).toContain("排队等待");
  });

  it("leaves out a way that no clock can prove", () => {
    const late = { ...known, alerts: [{ ...known.alerts[0]!, at: "2026-11-19T02:00:00Z" }] };
    expect(sentenceOf(anEntry({ actor: device, detail: press }), words, late)).toBe("按下，定为特急");
  });

  it("never breaks on facts that were invented later", () => {
    const names = fc.constantFrom("class", "type", "to", "reason", "lag_ms", "round", "text", "event", "lane", "safety", "who", "x");
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...ACTIONS), fc.string()), fc.dictionary(names, fc.anything()), (action, detail) => {
        const entry = anEntry({ action, detail });
        expect(sentenceOf(entry, words, known)).not.toMatch(/undefined|\[object|NaN/);
        expect(factsOf(entry)).not.toMatch(/\[object/);
      }),
    );
  });
});

describe("the closed sets of the rules", () => {
  it.each([
    ["class", "Class"],
    ["state", "State"],
    ["outcome", "Outcome"],
    ["safety", "SafetyKind"],
    ["callTo", "CallTo"],
    ["callResult", "CallResult"],
    ["verified", "Verified"],
    ["status", "ResidentStatus"],
    ["life", "DeviceLife"],
    ["kind", "DeviceKind"],
    ["step", "Target"],
    ["queue", "Mark"],
    ["action", "Action"],
    ["action", "Step"],
  ])("have a word in %s for every %s", (group, name) => {
    const missing = wordsOfRules(name).filter((one) => !words.isKnown(group, one));
    expect(wordsOfRules(name).length).toBeGreaterThan(2);
    expect(missing).toEqual([]);
  });
});
