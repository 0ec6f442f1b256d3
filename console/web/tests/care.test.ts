// Visits, hours of the week, fences on a drawing: what a page works out before it asks the server.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Task, Visit } from "@/api/types";
import { readingsOf } from "@/components/history";
import { isWhole, noHours, runsOf } from "@/components/hours";
import { metresFrom, pointAt, spanOf } from "@/components/sketch";
import { standingOf } from "@/components/span";
import { byDue, isOverdue } from "@/components/task";
import { byNeed, isLate, isWindow, mayMove, proofOf, stepsOf } from "@/components/visit";
import { fromSiteLocal, siteLocal } from "@/time/format";

const NOW = Date.parse("2026-11-19T06:00:00Z");
const aVisit = (said: Partial<Visit>): Visit => ({ id: "1", state: "planned", from_at: "2026-11-19T07:00:00Z", until_at: "2026-11-19T08:00:00Z", ...said }) as Visit;

describe("a visit", () => {
  it("may still be made when it was missed, and nothing follows once it is made", () => {
    expect(stepsOf({ state: "missed" })).toEqual(["started", "completed"]);
    expect(stepsOf({ state: "completed" })).toEqual([]);
    expect(stepsOf({ state: "a later word" })).toEqual([]);
    expect(mayMove({ state: "started" })).toBe(false);
  });

  it("stands before the others where it was missed, then where nobody has begun", () => {
    const rows = [aVisit({ id: "3" }), aVisit({ id: "2", until_at: "2026-11-19T05:30:00Z", from_at: "2026-11-19T05:00:00Z" }), aVisit({ id: "1", state: "missed", from_at: "2026-11-19T09:00:00Z" })];
    expect(rows.sort(byNeed(NOW)).map((one) => one.id)).toEqual(["1", "2", "3"]);
    expect(isLate(rows[1]!, NOW)).toBe(true);
  });

  it("is proven by a voice or a place, and by nothing else", () => {
    expect(proofOf(" 17 ", "")).toEqual({ call: "17" });
    expect(proofOf("", "30.05, 121.02")).toEqual({ place: { lat: 30.05, lon: 121.02 } });
    expect(proofOf(" ", "at the gate")).toBeNull();
  });

  it("has a window of at most a day that does not end before it begins", () => {
    expect(isWindow("2026-11-19T07:00:00Z", "2026-11-19T07:00:00Z")).toBe(true);
    expect(isWindow("2026-11-19T07:00:00Z", "2026-11-19T06:59:00Z")).toBe(false);
    expect(isWindow("2026-11-19T07:00:00Z", "2026-11-20T07:01:00Z")).toBe(false);
    expect(isWindow(null, "2026-11-20T07:01:00Z")).toBe(false);
  });
});

describe("what ends by itself", () => {
  const span = { from_at: "2026-11-19T05:00:00Z", until_at: "2026-11-19T07:00:00Z", ended_at: null };

  it("is ahead, runs, and is over by its time or by a person", () => {
    expect(standingOf(span, NOW)).toBe("running");
    expect(standingOf(span, NOW - 7_200_000)).toBe("ahead");
    expect(standingOf(span, NOW + 3_600_000)).toBe("over");
    expect(standingOf({ ...span, ended_at: "2026-11-19T05:30:00Z" }, NOW)).toBe("over");
  });
});

describe("hours of the week", () => {
  it("say days that follow one another as one run", () => {
    expect(runsOf([1, 2, 3, 4, 5])).toEqual([[1, 5]]);
    expect(runsOf([7, 1, 2, 5])).toEqual([[1, 2], [5, 5], [7, 7]]);
  });

  it("are whole with two times and a day", () => {
    expect(isWhole(noHours())).toBe(true);
    expect(isWhole({ ...noHours(), days: [] })).toBe(false);
    expect(isWhole({ ...noHours(), to: "08:00" })).toBe(false);
    expect(isWhole({ ...noHours(), to: "24:00" })).toBe(true);
    expect(isWhole({ ...noHours(), from: "8:00" })).toBe(false);
    expect(isWhole({ ...noHours(), to: "24:30" })).toBe(false);
  });
});

describe("the site's wall clock", () => {
  it("is the same wherever the desk stands", () => {
    expect(siteLocal("2026-11-19T06:30:00Z", "Asia/Shanghai")).toBe("2026-11-19T14:30");
    expect(fromSiteLocal("2026-11-19T14:30", "Asia/Shanghai")).toBe("2026-11-19T06:30:00.000Z");
    expect(fromSiteLocal("", "Asia/Shanghai")).toBeNull();
  });

  it.each(["Asia/Shanghai", "Europe/Berlin", "America/St_Johns"])("comes back as it was written, in %s", (zone) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20_000_000 }), (minutes) => {
        const written = siteLocal(minutes * 60_000, zone);
        // An hour that the clocks pass over is no time at all: it comes back as the one after it.
        const read = fromSiteLocal(written, zone);
        expect(siteLocal(read!, zone)).toBe(written);
      }),
    );
  });
});

describe("a fence on a drawing", () => {
  const home = { lat: 30.05, lon: 121.02 };

  it("comes back to the place that was pressed", () => {
    fc.assert(
      fc.property(fc.integer({ min: -20_000, max: 20_000 }), fc.integer({ min: -20_000, max: 20_000 }), (east, north) => {
        const back = metresFrom(home, pointAt(home, east, north));
        expect(Math.hypot(back.east - east, back.north - north)).toBeLessThan(0.5);
      }),
    );
  });

  it("lies on the drawing with all of its radius", () => {
    const centre = pointAt(home, 900, 0);
    expect(spanOf(home, centre, 300, [])).toBeGreaterThan(2 * 1200);
    expect(spanOf(null, null, 300, [])).toBeGreaterThan(0);
  });
});

describe("tasks", () => {
  const aTask = (said: Partial<Task>): Task => ({ id: "1", state: "open", due_at: null, ...said }) as Task;

  it("stand open before ended, then by what is due soonest, and what has no time last", () => {
    const rows = [aTask({ id: "4", state: "done", due_at: "2026-11-01T00:00:00Z" }), aTask({ id: "3" }), aTask({ id: "2", due_at: "2026-11-20T00:00:00Z" }), aTask({ id: "1", due_at: "2026-11-19T00:00:00Z" })];
    expect(rows.sort(byDue).map((one) => one.id)).toEqual(["1", "2", "3", "4"]);
  });

  it("are overdue only while they are open", () => {
    expect(isOverdue(aTask({ due_at: "2026-11-19T05:00:00Z" }), NOW)).toBe(true);
    expect(isOverdue(aTask({ due_at: "2026-11-19T05:00:00Z", state: "done" }), NOW)).toBe(false);
    expect(isOverdue(aTask({}), NOW)).toBe(false);
  });
});

describe("a reading of the body", () => {
  it("says only what was measured, and blood pressure as one", () => {
    expect(readingsOf({ heart_rate_bpm: 61, systolic_mmhg: 138, diastolic_mmhg: 79, steps: 12 })).toEqual([
      { name: "heart_rate_bpm", value: "61" },
      { name: "pressure", value: "138/79" },
      { name: "steps", value: "12" },
    ]);
    expect(readingsOf({ temperature_c: null })).toEqual([]);
  });
});
