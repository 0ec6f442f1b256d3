// The order of the queue, and rows that stay under the hand.
import { describe, expect, it } from "vitest";
import { byUrgency, neighbour, queueOf, shownIds, waiting } from "@/state/order";
import { anItem } from "./items";

describe("the queue", () => {
  it("stands by priority, then unattended before attended, then the oldest alarm", () => {
    const items = [
      anItem({ id: "1", priority: "P2" }),
      anItem({ id: "2", unattended: false }),
      anItem({ id: "3", oldest_alarm_at: "2026-11-19T06:29:00Z" }),
      anItem({ id: "4" }),
    ];
    expect([...items].sort(byUrgency).map((item) => item.id)).toEqual(["3", "4", "2", "1"]);
  });

  it("never holds a device's fault or what is resolved", () => {
    expect(queueOf([anItem({ priority: "P4" }), anItem({ state: "resolved" })])).toEqual([]);
  });

  it("moves no row while it is held, and lets the new ones wait", () => {
    expect(shownIds(["1", "2"], ["3", "2"], true)).toEqual(["1", "2"]);
    expect(waiting(["1", "2"], [anItem({ id: "3" }), anItem({ id: "2" })]).map((item) => item.id)).toEqual(["3"]);
    expect(shownIds(["1", "2"], ["3", "2"], false)).toEqual(["3", "2"]);
  });

  it("shows the first call at once even where the empty list is held", () => {
    expect(shownIds([], ["1"], true)).toEqual(["1"]);
  });

  it("moves the selection by one and stops at its ends", () => {
    expect(neighbour(["1", "2"], null, 1)).toBe("1");
    expect(neighbour(["1", "2"], "1", 1)).toBe("2");
    expect(neighbour(["1", "2"], "2", 1)).toBe("2");
    expect(neighbour([], null, 1)).toBeNull();
  });
});
