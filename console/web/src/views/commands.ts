// What a person asks of a device, as the request says it.
import type { CommandByHand } from "@/api/types";

/** A sounder is quiet no longer than a test lasts; the server allows no more. */
export const SILENCE_MOST_MINUTES = 30;
/** A report a second is the most, one a day the least. */
export const INTERVAL_MOST_S = 86_400;
const HOUR_MS = 3_600_000;

export interface CommandDraft {
  command: CommandByHand;
  silenceMinutes: number;
  intervalS: number;
  /** For so many hours; 0: until it is changed again. */
  hours: number;
}

export const firstDraft = (): CommandDraft => ({ command: "locate", silenceMinutes: 10, intervalS: 60, hours: 2 });

const isWithin = (value: number, most: number): boolean => Number.isFinite(value) && value >= 1 && value <= most;

/** Whether the draft can be sent as it stands. */
export function isSendable(draft: CommandDraft): boolean {
  if (draft.command === "silence") return isWithin(draft.silenceMinutes, SILENCE_MOST_MINUTES);
  if (draft.command === "set_interval") return isWithin(draft.intervalS, INTERVAL_MOST_S);
  return true;
}

export function bodyOfCommand(draft: CommandDraft, nowMs: number): { command: CommandByHand; args?: Record<string, number | string> } {
  const { command } = draft;
  if (command === "silence") return { command, args: { seconds: Math.round(draft.silenceMinutes * 60) } };
  if (command !== "set_interval") return { command };
  const until = draft.hours > 0 ? { until: new Date(nowMs + draft.hours * HOUR_MS).toISOString() } : {};
  return { command, args: { seconds: Math.round(draft.intervalS), ...until } };
}
