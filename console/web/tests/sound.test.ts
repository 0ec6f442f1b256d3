// What is heard follows from the state, and silence from a claim alone.
import { describe, expect, it } from "vitest";
import type { Item } from "@/api/types";
import { mustSound, nextBurst, NOTHING_HEARD, pause, pausedFor, PAUSE_S, PULSES, type Memory } from "@/sound/derive";
import { anItem } from "./items";

/** Bursts heard over so many seconds, looked for every quarter second. */
function listen(items: readonly Item[], seconds: number, memory: Memory = NOTHING_HEARD, fromMs = 0) {
  const heard: { atMs: number; priority: string; pulses: number }[] = [];
  let held = memory;
  for (let atMs = fromMs; atMs < fromMs + seconds * 1000; atMs += 250) {
    const next = nextBurst(items, held, atMs);
    held = next.memory;
    if (next.burst) heard.push({ atMs, ...next.burst });
  }
  return { heard, memory: held };
}

describe("the desk's sound", () => {
  it("repeats ten pulses for an unattended critical case, in whatever state", () => {
    const { heard } = listen([anItem({ state: "dispatched" })], 60);
    expect(heard.length).toBeGreaterThan(4);
    expect(heard.every((burst) => burst.pulses === PULSES.P1)).toBe(true);
  });

  it.each([["claimed", { unattended: false }], ["resolved", { state: "resolved" as const }], ["technical", { priority: "P4" as const }]])(
    "is silent for a case that is %s",
    (_name, said) => {
      expect(listen([anItem(said)], 120).heard).toEqual([]);
    },
  );

  it("sounds a press in test mode once and softly, and like any call from the moment it is real", () => {
    const pressed = anItem({ test: true });
    const soft = listen([pressed], 50);
    expect(soft.heard).toEqual([expect.objectContaining({ priority: "P3", pulses: PULSES.P3 })]);
    const real = { ...pressed, test: false, sounded_at: "2026-11-19T06:31:00Z" };
    expect(listen([real], 1, soft.memory, 60_000).heard).toEqual([expect.objectContaining({ priority: "P1", pulses: PULSES.P1 })]);
  });

  it("does not let a press in test mode soften a real call", () => {
    const { heard } = listen([anItem({ id: "1", test: true }), anItem({ id: "2" })], 10);
    expect(heard[0]).toMatchObject({ priority: "P1", pulses: PULSES.P1 });
  });

  it("sounds a notice once, and again when it is sounded again", () => {
    const notice = anItem({ priority: "P3" });
    const once = listen([notice], 600);
    expect(once.heard).toHaveLength(1);
    const again = { ...notice, sounded_at: "2026-11-19T06:40:00Z" };
    expect(listen([again], 600, once.memory, 600_000).heard).toHaveLength(1);
  });

  it("plays the gravest first", () => {
    const items = [anItem({ id: "1", priority: "P3" }), anItem({ id: "2", priority: "P1" }), anItem({ id: "3", priority: "P2" })];
    expect(listen(items, 1).heard.map((burst) => burst.priority)).toEqual(["P1", "P2", "P3"]);
  });

  it("is paused for one case only, and the pause ends by itself", () => {
    const item = anItem();
    const paused = pause(NOTHING_HEARD, item, 0);
    const { heard } = listen([item], PAUSE_S + 10, paused);
    expect(heard[0]?.atMs).toBe(PAUSE_S * 1000);
    expect(listen([item, anItem({ id: "2" })], 1, paused).heard).toHaveLength(1);
  });

  it("breaks a pause when the case is sounded again", () => {
    const paused = pause(NOTHING_HEARD, anItem(), 0);
    expect(pausedFor(paused, anItem({ sounded_at: "2026-11-19T06:31:00Z" }), 1000)).toBe(0);
  });

  it("drops to one pulse a minute for a case this desk has passed", () => {
    const { heard } = listen([anItem({ passed_by_me: true })], 180);
    expect(heard.map((burst) => burst.pulses)).toEqual([1, 1, 1]);
  });

  it("plays a full burst where one of two cases was not passed", () => {
    const { heard } = listen([anItem({ passed_by_me: true }), anItem({ id: "2" })], 1);
    expect(heard[0]?.pulses).toBe(PULSES.P1);
  });

  it("lets every desk hear an unattended case, however far it was sounded", () => {
    for (const reached of ["desks", "supervisors", "on_call_phone", "county_duty", "owner"]) {
      expect(mustSound(anItem({ sound_to: reached }))).toBe(true);
    }
  });

  it("forgets a case that was claimed, so that losing its owner rings at once", () => {
    const { memory } = listen([anItem()], 1);
    const claimed = listen([anItem({ unattended: false })], 1, memory, 1000);
    expect(listen([anItem()], 1, claimed.memory, 2000).heard[0]?.atMs).toBe(2000);
  });
});
