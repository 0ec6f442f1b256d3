// What a replay says, as figures side by side; what is missing in it stays empty and is never a nought.
export interface Figure {
  readonly name: "events" | "changed" | "opened" | "sounded";
  readonly before: number | null;
  readonly after: number | null;
}

type Tally = { readonly incidents_opened?: number; readonly sounded?: number };
export interface Replay {
  readonly before: string;
  readonly after: string;
  readonly events: number;
  readonly changed: number;
  readonly complete: boolean;
  readonly totals?: { readonly before?: Tally; readonly after?: Tally };
}

/** The replay of a version, or null where it was never replayed. */
export function replayOf(replay: unknown): Replay | null {
  const found = replay as Partial<Replay> | null;
  return found && typeof found.events === "number" && typeof found.before === "string" ? (found as Replay) : null;
}

export function figuresOf({ events, changed, totals }: Replay): Figure[] {
  const { before, after } = totals ?? {};
  return [
    { name: "events", before: events, after: events },
    { name: "changed", before: null, after: changed },
    { name: "opened", before: before?.incidents_opened ?? null, after: after?.incidents_opened ?? null },
    { name: "sounded", before: before?.sounded ?? null, after: after?.sounded ?? null },
  ];
}
