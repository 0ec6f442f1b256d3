// A line for each device that called in one case.
import { describe, expect, it } from "vitest";
import { callersOf } from "@/components/callers";

const at = (minute: number): string => `2026-11-19T06:${String(minute).padStart(2, "0")}:00Z`;

describe("the callers of a case", () => {
  it("have a line each, however often they called, whatever the order they are read in", () => {
    const alerts = [
      { device: "b", received_at: at(2) },
      { device: "a", received_at: at(1) },
      { device: "b", received_at: at(9) },
      { device: "b", received_at: at(3) },
    ];
    const lines = [
      { device: "b", count: 3, lastAt: at(9) },
      { device: "a", count: 1, lastAt: at(1) },
    ];
    expect(callersOf(alerts)).toEqual(lines);
    expect(callersOf([...alerts].reverse())).toEqual(lines);
  });

  it("are none where nobody called", () => expect(callersOf([])).toEqual([]));
});
