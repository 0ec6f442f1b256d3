// What a tester says of a press, and what must be said first.
import { describe, expect, it } from "vitest";
import { bodyOf, countsForNothing, missingOf, noPress } from "@/views/press";

const COMMISSIONING = { ...noPress(), isCommissioning: true, place: " 卧室 ", isPersonConfirmed: true, isAddressConfirmed: true, voice: "ok" as const };

describe("a press that somebody says was theirs", () => {
  it("needs nothing more as a plain test", () => {
    expect(missingOf(noPress())).toEqual([]);
    expect(bodyOf({ ...COMMISSIONING, isCommissioning: false })).toEqual({});
    expect(countsForNothing(noPress())).toBe(false);
  });

  it("needs a place, and the voice or why there was none, as one of commissioning", () => {
    expect(missingOf({ ...noPress(), isCommissioning: true })).toEqual(["place", "voice"]);
    expect(missingOf({ ...COMMISSIONING, voice: "none", voiceReason: " " })).toEqual(["voiceReason"]);
    expect(missingOf(COMMISSIONING)).toEqual([]);
  });

  it("says what was confirmed, and a reason only where nobody was heard", () => {
    const said = { place: "卧室", person_confirmed: true, address_confirmed: true };
    expect(bodyOf({ ...COMMISSIONING, voiceReason: "left over" })).toEqual({ ...said, voice: "ok" });
    expect(bodyOf({ ...COMMISSIONING, voice: "none", voiceReason: "听障" })).toEqual({ ...said, voice: "none", voice_reason: "听障" });
  });

  it("is no way to go live while person or address are not confirmed", () => {
    expect(countsForNothing(COMMISSIONING)).toBe(false);
    expect(countsForNothing({ ...COMMISSIONING, isPersonConfirmed: false })).toBe(true);
    expect(countsForNothing({ ...COMMISSIONING, isAddressConfirmed: false })).toBe(true);
  });
});
