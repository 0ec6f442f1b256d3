// How a dead letter stands, and what a person may still do with it.
import { describe, expect, it } from "vitest";
import { standingOf, waitsForDevice } from "@/views/letters";

const FRESH = { replayed_at: null, is_replay_asked: false, replay_result: null, reason: "unknown_device" };
const AT = "2026-11-19T06:30:00Z";

describe("a dead letter", () => {
  it.each([
    ["waits until somebody asks", {}, "waiting", true],
    ["is in hand while it is asked for, whatever came before", { is_replay_asked: true, replay_result: "failed" }, "asked", false],
    ["is done once it was used", { replayed_at: AT, replay_result: "used" }, "done", false],
    ["is done where nothing was left of it", { replayed_at: AT, replay_result: "nothing_left" }, "done", false],
    ["may be asked for again after a replay in vain", { replay_result: "still_unreadable" }, "tried", true],
    ["may be asked for again where a later replay was in vain", { replayed_at: AT, replay_result: "failed" }, "tried", true],
  ])("%s", (_, said, key, canAsk) => {
    expect(standingOf({ ...FRESH, ...said })).toMatchObject({ key, canAsk });
  });

  it("waits for its device to be registered only while that would help", () => {
    expect(waitsForDevice(FRESH)).toBe(true);
    expect(waitsForDevice({ ...FRESH, reason: "bad_time" })).toBe(false);
    expect(waitsForDevice({ ...FRESH, reason: "bad_time", replay_result: "device_unknown" })).toBe(true);
    expect(waitsForDevice({ ...FRESH, is_replay_asked: true })).toBe(false);
    expect(waitsForDevice({ ...FRESH, replayed_at: AT, replay_result: "used" })).toBe(false);
  });
});
