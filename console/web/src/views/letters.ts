// How one dead letter stands: waiting, being used again, used, or tried in vain.
import type { DeadLetter } from "@/api/types";

/** The words of a letter, and whether asking for a replay would say anything new. */
export interface Standing {
  /** A key under `replay`. */
  readonly key: "waiting" | "asked" | "done" | "tried";
  /** What became of the last replay, as the server says it. */
  readonly result: string | null;
  readonly at: string | null;
  readonly canAsk: boolean;
}

/** Nothing more is to be had of the letter. */
const GIVEN_ALL: ReadonlySet<string> = new Set(["used", "nothing_left"]);

type Known = Pick<DeadLetter, "replayed_at" | "is_replay_asked" | "replay_result">;

export function standingOf(letter: Known): Standing {
  const { replayed_at: at, replay_result: result } = letter;
  if (letter.is_replay_asked) return { key: "asked", result: null, at: null, canAsk: false };
  if (at !== null && (result === null || GIVEN_ALL.has(result))) return { key: "done", result, at, canAsk: false };
  return { key: result === null ? "waiting" : "tried", result, at: null, canAsk: true };
}

/** Whether registering its device would let it be used. */
export const waitsForDevice = (letter: Known & Pick<DeadLetter, "reason">): boolean =>
  standingOf(letter).canAsk && (letter.reason === "unknown_device" || letter.replay_result === "device_unknown");
