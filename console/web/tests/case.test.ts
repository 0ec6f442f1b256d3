// What a desk is asked of one case: a further alarm to be seen, a place to be told, people to be reached.
import { describe, expect, it } from "vitest";
import { toReach } from "@/components/outage";
import { isPoint, pointOf } from "@/dialogs/place";
import { unseenOf } from "@/state/unseen";

describe("a further alarm", () => {
  const alerts = [
    { type: "sos", received_at: "2026-11-19T06:30:00Z" },
    { type: "fall", received_at: "2026-11-19T06:31:00Z" },
  ] as never;

  it("waits to be seen while its clock runs, and names the newest", () => {
    const clocks = [{ step: "dispatch", at: "2026-11-19T06:33:00Z" }, { step: "confirm", at: "2026-11-19T06:32:00Z" }] as never;
    expect(unseenOf({ deadline: null, clocks, alerts })).toEqual({ at: "2026-11-19T06:32:00Z", type: "fall" });
  });

  it("is also known by the next deadline alone", () => {
    const deadline = { step: "confirm", at: "2026-11-19T06:32:00Z" } as never;
    expect(unseenOf({ deadline, clocks: [], alerts: [] })?.at).toBe("2026-11-19T06:32:00Z");
  });

  it("is none where no clock waits for it", () => {
    expect(unseenOf({ deadline: { step: "act", at: "2026-11-19T06:32:00Z" } as never, clocks: [], alerts })).toBeNull();
  });
});

describe("a point", () => {
  it.each([["30.0531, 121.0235", 30.0531, 121.0235], ["30.05，121", 30.05, 121], [" -8.5 115.2 ", -8.5, 115.2]])("reads %s", (text, lat, lon) => {
    expect(pointOf(text)).toEqual({ lat, lon });
  });

  it.each(["121.0235, 30.0531", "30.05", "here", "30,05, 121,02"])("is not read from %s", (text) => {
    expect(pointOf(text)).toBeNull();
    expect(isPoint(text)).toBe(false);
  });

  it("may be left out", () => {
    expect(isPoint("  ")).toBe(true);
  });
});

describe("those behind an outage", () => {
  it("are to be reached until they are known to be well", () => {
    const people = [null, "no_answer", "spoke_ok", "seen_ok", "visit_planned", "needs_help"].map((result) => ({ call_result: result })) as never;
    expect(toReach(people).map((one) => one.call_result)).toEqual([null, "no_answer", "visit_planned", "needs_help"]);
  });
});
