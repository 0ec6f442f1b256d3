// What is asked of the server when somebody edits a source.
import { describe, expect, it } from "vitest";
import { changesOf, COMMISSIONING_MOST_DAYS, draftOf, isCommissioned } from "@/views/sources";

const NOW_MS = Date.parse("2026-11-19T06:30:00Z");
const DAY_MS = 86_400_000;
const SOURCE = { id: "1", name: "acme", vendor: "安康", vendor_phone: "4008009999", commissioning_until: null, version: 3 };

describe("an edited source", () => {
  it("asks for nothing where nothing was changed", () => {
    expect(changesOf(SOURCE, draftOf(SOURCE), NOW_MS)).toEqual({});
    expect(changesOf(SOURCE, { ...draftOf(SOURCE), vendor: " 安康 " }, NOW_MS)).toEqual({});
  });

  it("names only what was changed, and takes a telephone away by saying so", () => {
    expect(changesOf(SOURCE, { ...draftOf(SOURCE), phone: "" }, NOW_MS)).toEqual({ vendor_phone: null });
    expect(changesOf(SOURCE, { ...draftOf(SOURCE), vendor: "康健" }, NOW_MS)).toEqual({ vendor: "康健" });
  });

  it("ends commissioning, or dates it, and never past what the server allows", () => {
    expect(changesOf(SOURCE, { ...draftOf(SOURCE), commissioning: "end" }, NOW_MS)).toEqual({ commissioning_until: null });
    for (const days of ["1", "7", "14", "99"] as const) {
      const { commissioning_until: until } = changesOf(SOURCE, { ...draftOf(SOURCE), commissioning: days }, NOW_MS);
      const length = Date.parse(until ?? "") - NOW_MS;
      expect(length).toBeLessThan(COMMISSIONING_MOST_DAYS * DAY_MS);
      expect(length).toBeGreaterThan((Math.min(COMMISSIONING_MOST_DAYS, Number(days)) - 0.01) * DAY_MS);
    }
  });

  it("is in commissioning only until its date", () => {
    expect(isCommissioned(SOURCE, NOW_MS)).toBe(false);
    expect(isCommissioned({ commissioning_until: "2026-11-19T06:30:01Z" }, NOW_MS)).toBe(true);
    expect(isCommissioned({ commissioning_until: "2026-11-19T06:30:00Z" }, NOW_MS)).toBe(false);
  });
});
