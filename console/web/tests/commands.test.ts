// What a person asks of a device, as the request says it.
import { describe, expect, it } from "vitest";
import { COMMANDS_BY_HAND } from "@/api/types";
import { bodyOfCommand, firstDraft, isSendable } from "@/views/commands";

const NOW_MS = Date.parse("2026-11-19T06:30:00Z");

describe("a command by hand", () => {
  it("can be sent as it first stands, whichever it is", () => {
    for (const command of COMMANDS_BY_HAND) expect(isSendable({ ...firstDraft(), command })).toBe(true);
  });

  it.each([
    [{ command: "locate" }, { command: "locate" }],
    [{ command: "silence", silenceMinutes: 10 }, { command: "silence", args: { seconds: 600 } }],
    [{ command: "set_interval", intervalS: 30, hours: 2 }, { command: "set_interval", args: { seconds: 30, until: "2026-11-19T08:30:00.000Z" } }],
    [{ command: "set_interval", intervalS: 30, hours: 0 }, { command: "set_interval", args: { seconds: 30 } }],
  ] as const)("says %o as %o, and no argument of another", (said, body) => {
    expect(bodyOfCommand({ ...firstDraft(), ...said }, NOW_MS)).toEqual(body);
  });

  it.each([
    ["silence", { silenceMinutes: 31 }],
    ["silence", { silenceMinutes: 0 }],
    ["set_interval", { intervalS: 86_401 }],
    ["set_interval", { intervalS: Number.NaN }],
  ] as const)("is not sent as %s with %o", (command, said) => {
    expect(isSendable({ ...firstDraft(), command, ...said })).toBe(false);
  });
});
