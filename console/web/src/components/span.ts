// How something that ends by itself stands: yet to begin, running, or over.

export type Standing = "ahead" | "running" | "over";

export interface Span {
  readonly from_at: string;
  readonly until_at: string;
  readonly ended_at: string | null;
}

export function standingOf(span: Span, nowMs: number): Standing {
  if (span.ended_at !== null || Date.parse(span.until_at) <= nowMs) return "over";
  return Date.parse(span.from_at) > nowMs ? "ahead" : "running";
}
