// A further alarm that the owner of a case has not yet said they saw.
import type { Incident } from "@/api/types";

export interface Unseen {
  /** When somebody else is asked. */
  readonly at: string;
  /** What the newest alarm says. */
  readonly type: string | null;
}

type Read = Pick<Incident, "deadline" | "clocks" | "alerts">;

/** Null where nothing waits to be confirmed. */
export function unseenOf({ deadline, clocks, alerts }: Read): Unseen | null {
  const running = [...clocks, ...(deadline ? [deadline] : [])].find(({ step }) => step === "confirm");
  if (!running) return null;
  const newest = [...alerts].sort((a, b) => Date.parse(b.received_at) - Date.parse(a.received_at))[0];
  return { at: running.at, type: newest?.type ?? null };
}
