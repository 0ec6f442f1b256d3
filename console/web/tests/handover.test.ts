// What is sent about a control room, and the number that comes first.
import { describe, expect, it } from "vitest";
import { answerOf, bodyOf, minutesOf, missingOf, NO_HANDOVER, numbersOf } from "@/dialogs/handover";
import { lowersBelowGrave, missingSafety, EMPTY } from "@/dialogs/resolution";
import { figuresOf, replayOf } from "@/views/policies";

const there = { service: "fire", number: "0999-8800119", area: "990682", area_name: "澄湾县" };

describe("a hand-over", () => {
  it("offers the direct number of the place before what everybody knows", () => {
    expect(numbersOf("fire", [there])).toEqual(["0999-8800119", "119"]);
    expect(numbersOf("ambulance", [there])).toEqual(["120"]);
    expect(numbersOf("other", [there])).toEqual([]);
  });

  it.each([
    [{}, ["service"]],
    [{ service: "fire", answer: "rejected" }, ["reason"]],
    [{ service: "fire", answer: "passed_on" }, ["passedOnTo"]],
    [{ service: "fire", estimate: "soon" }, ["estimate"]],
    [{ service: "fire", answer: "queued", estimate: "12" }, []],
  ])("says what is missing: %#", (said, missing) => {
    expect(missingOf({ ...NO_HANDOVER, ...said })).toEqual(missing);
  });

  it("sends nothing that belongs to another answer", () => {
    const draft = { ...NO_HANDOVER, service: "fire", number: "119", answer: "queued", reason: "no", passedOnTo: "110", estimate: "12" };
    expect(bodyOf(draft)).toEqual({ service: "fire", number: "119", answer: "queued", estimate_min: 12 });
    expect(answerOf({ ...draft, answer: "rejected" })).toEqual({ answer: "rejected", reason: "no" });
  });

  it.each([["12", 12], ["0", 0], ["", null], ["-1", null], ["1.5", null], ["12345", null]])("reads %j minutes as %j", (text, minutes) => {
    expect(minutesOf(text)).toBe(minutes);
  });
});

describe("a lower priority", () => {
  it("takes the word that the person is safe only from where life is in danger to where it is not", () => {
    expect(lowersBelowGrave("P1", "P3")).toBe(true);
    expect(lowersBelowGrave("P1", "P2")).toBe(false);
    expect(lowersBelowGrave("P2", "P3")).toBe(false);
    expect(lowersBelowGrave("P1", "")).toBe(false);
  });

  it("misses what its kind of safety must name", () => {
    expect(missingSafety(EMPTY)).toEqual(["safety"]);
    expect(missingSafety({ ...EMPTY, kind: "seen_by" })).toEqual(["who"]);
    expect(missingSafety({ ...EMPTY, kind: "spoke_with_resident" })).toEqual([]);
  });
});

describe("a replay", () => {
  it("is none where there was none", () => {
    expect(replayOf(null)).toBeNull();
    expect(replayOf({ events: "many" })).toBeNull();
  });

  it("leaves a figure empty that it does not have", () => {
    const replay = replayOf({ before: "a", after: "b", events: 9, changed: 2, complete: true, totals: { before: { incidents_opened: 3 } } });
    expect(replay && figuresOf(replay)).toEqual([
      { name: "events", before: 9, after: 9 },
      { name: "changed", before: null, after: 2 },
      { name: "opened", before: 3, after: null },
      { name: "sounded", before: null, after: null },
    ]);
  });
});
