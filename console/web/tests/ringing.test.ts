// A ringing call is shown until somebody took it, or it is a case; what comes late changes nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TelephoneCall } from "@/api/types";
import { leftS, openOf, RINGS_FOR_S, ringingOf, withCall, withListed, type Calls } from "@/state/ringing";

const aCall = (said: Partial<TelephoneCall> = {}): TelephoneCall => ({
  id: "1", direction: "in", state: "ringing", masked_number: "138****1234", line: "", began_at: "2026-11-19T06:30:00Z",
  answered_at: null, ended_at: null, resident: null, contact: null, device: null, area: null, incident: null, version: 1, ...said,
});
const began = Date.parse("2026-11-19T06:30:00Z");

describe("a ringing call", () => {
  it("has thirty seconds, never more and never less than none", () => {
    expect(leftS(aCall(), began + 12_000)).toBe(18);
    expect(leftS(aCall(), began - 60_000)).toBe(RINGS_FOR_S);
    expect(leftS(aCall(), began + 60_000)).toBe(0);
  });

  it("stands first where it has rung longest, and a dialled one stands nowhere", () => {
    const calls = [aCall({ id: "2", began_at: "2026-11-19T06:30:09Z" }), aCall(), aCall({ id: "3", direction: "out" })].reduce(withCall, {} as Calls);
    expect(ringingOf(calls).map((call) => call.id)).toEqual(["1", "2"]);
  });

  it("rings no more once it was missed by the stream and is not listed", () => {
    const before: Calls = { "1": aCall(), "2": aCall({ id: "2", state: "answered" }) };
    const later = withCall(before, aCall({ id: "3" }));
    expect(Object.keys(withListed(later, before, [])).sort()).toEqual(["2", "3"]);
  });

  it("ends up the same in whatever order its news come", () => {
    const news = [aCall(), aCall({ state: "answered", version: 2 }), aCall({ state: "ended", version: 3 })];
    fc.assert(
      fc.property(fc.shuffledSubarray(news, { minLength: 3 }), (order) => {
        expect(order.reduce(withCall, {} as Calls)["1"]?.state).toBe("ended");
      }),
    );
  });
});

describe("a call that was taken up here", () => {
  const answered = aCall({ state: "answered", version: 2 });

  it("stays until it belongs to a case", () => {
    expect(openOf({ "1": answered }, new Set(["1"]))).toEqual([answered]);
    expect(openOf({ "1": { ...answered, incident: "9" } }, new Set(["1"]))).toEqual([]);
  });

  it("is not this desk's where a colleague took it", () => {
    expect(openOf({ "1": answered }, new Set())).toEqual([]);
  });

  it("keeps its whole number when the stream tells it masked again", () => {
    const whole = withCall({}, { ...answered, number: "13800001234" });
    expect(withCall(whole, { ...answered, version: 3 })["1"]?.number).toBe("13800001234");
  });
});
