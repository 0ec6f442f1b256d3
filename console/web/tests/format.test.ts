// Times as they are read at a desk.
import { describe, expect, it } from "vitest";
import { clockTime, counter, secondsBetween } from "@/time/format";

describe("a time", () => {
  it.each([[0, "0:00"], [9.9, "0:09"], [75, "1:15"], [4000, "1:06:40"], [-51, "−0:51"]])("of %d seconds reads %s", (seconds, text) => {
    expect(counter(seconds)).toBe(text);
  });

  it("is shown in the site's zone, on 24 hours", () => {
    expect(clockTime("2026-11-19T16:05:07Z", "zh-CN")).toBe("00:05:07");
    expect(clockTime("2026-11-19T16:05:07Z", "en")).toBe("00:05:07");
  });

  it("is counted between any two ways of writing it", () => {
    expect(secondsBetween("2026-11-19T06:30:00Z", Date.parse("2026-11-19T06:31:00Z"))).toBe(60);
  });
});
