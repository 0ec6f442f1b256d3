// Which steps are offered, and what a resolution must carry.
import { describe, expect, it } from "vitest";
import { bodyOf, EMPTY, mayNeedSecond, missingIn } from "@/dialogs/resolution";
import { whyNot, type Situation } from "@/state/allowed";
import { anItem } from "./items";

const ME = { id: "7", display_name: "苏晓" };
const OTHER = { id: "8", display_name: "何静" };
const at = (said: Partial<Situation> = {}): Situation => ({ item: anItem(), userId: "7", isSupervisor: false, isStale: false, isPending: false, ...said });

describe("a step", () => {
  it("is refused with the owner's name where somebody else has the case", () => {
    const item = anItem({ state: "claimed", claimed_by: OTHER, unattended: false });
    expect(whyNot("claim", at({ item }))).toEqual({ key: "theirs", values: { name: "何静" } });
    expect(whyNot("resolve", at({ item }))?.key).toBe("theirs");
  });

  it("is resolve only for who has claimed", () => {
    expect(whyNot("resolve", at())?.key).toBe("claimFirst");
    const item = anItem({ state: "on_scene", claimed_by: ME, unattended: false });
    expect(whyNot("resolve", at({ item }))).toBeNull();
  });

  it("may claim a case that was dispatched by the machine", () => {
    expect(whyNot("claim", at({ item: anItem({ state: "dispatched" }) }))).toBeNull();
  });

  it("waits for live data, but what was heard may be written down", () => {
    expect(whyNot("claim", at({ isStale: true }))?.key).toBe("stale");
    expect(whyNot("note", at({ isStale: true }))).toBeNull();
  });

  it("waits while another is under way", () => {
    expect(whyNot("claim", at({ isPending: true }))?.key).toBe("busy");
  });
});

describe("a rarer step", () => {
  const theirs = anItem({ state: "claimed", claimed_by: OTHER, unattended: false });

  it("is taken over a colleague's head only by a supervisor", () => {
    for (const step of ["transfer", "reclassify"] as const) {
      expect(whyNot(step, at({ item: theirs }))?.key).toBe("theirs");
      expect(whyNot(step, at({ item: theirs, isSupervisor: true }))).toBeNull();
    }
    expect(whyNot("split", at({ item: theirs }))?.key).toBe("notOwner");
  });

  it("sends whoever holds the case, but nobody to one that has ended", () => {
    expect(whyNot("dispatch", at({ item: theirs }))).toBeNull();
    expect(whyNot("dispatch", at({ item: anItem({ state: "resolved" }) }))).toEqual({ key: "state", state: "resolved" });
  });

  it("stands down, and arrives, only where somebody was sent", () => {
    expect(whyNot("stand_down", at())).toEqual({ key: "state", state: "open" });
    expect(whyNot("arrive", at({ item: anItem({ state: "dispatched" }) }))).toBeNull();
  });

  it("hands over also on an old picture, since the telephone does not wait", () => {
    expect(whyNot("handover", at({ isStale: true }))).toBeNull();
  });
});

describe("a resolution", () => {
  it("of a grave case needs outcome and safety", () => {
    expect(missingIn(EMPTY, "P1")).toEqual(["outcome", "safety"]);
    expect(missingIn(EMPTY, "P3")).toEqual(["outcome"]);
  });

  it.each(["no_answer", "duplicate"] as const)("of a grave case is never %s", (outcome) => {
    expect(missingIn({ ...EMPTY, outcome, kind: "spoke_with_resident" }, "P2")).toEqual(["outcome"]);
    expect(missingIn({ ...EMPTY, outcome }, "P3")).toEqual([]);
  });

  it("without any person is refused where the outcome names one", () => {
    expect(missingIn({ ...EMPTY, outcome: "assistance", kind: "no_person_involved" }, "P1")).toEqual(["safety"]);
  });

  it("names what its kind of safety needs, and sends nothing else", () => {
    const draft = { ...EMPTY, outcome: "assistance" as const, kind: "seen_by" as const, reference: "x" };
    expect(missingIn(draft, "P1")).toEqual(["who"]);
    expect(bodyOf({ ...draft, who: " 潘大勇 " })).toEqual({ outcome: "assistance", safety: { kind: "seen_by", who: "潘大勇" } });
  });

  it("names the second person with whatever kind of safety it has", () => {
    const draft = { ...EMPTY, outcome: "false_alarm", kind: "spoke_with_resident", secondUser: "9" } as const;
    expect(bodyOf(draft)).toEqual({ outcome: "false_alarm", safety: { kind: "spoke_with_resident", second_user: "9" } });
    expect(mayNeedSecond(anItem({ class: "smoke" }))).toBe(true);
    expect(mayNeedSecond(anItem({ class: "fall" }))).toBe(false);
  });
});
