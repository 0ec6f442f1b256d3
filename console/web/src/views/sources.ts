// What a person typed about a source, as the change the server is asked for.
import type { SourceRecord } from "@/api/types";

/** Longer than this no source is commissioned at once; after that its strangers are cases of their own (centre.md, 29). */
export const COMMISSIONING_MOST_DAYS = 14;
const DAY_MS = 86_400_000;
/** The server's clock may be a little behind ours: the last day must not be refused for that. */
const LEEWAY_MS = 60_000;

/** How commissioning shall stand from now on: as it is, ended, or for so many days. */
export type Commissioning = "keep" | "end" | `${number}`;

export interface SourceDraft {
  vendor: string;
  phone: string;
  commissioning: Commissioning;
}

export const draftOf = (source: SourceRecord): SourceDraft => ({ vendor: source.vendor, phone: source.vendor_phone ?? "", commissioning: "keep" });

export const isCommissioned = (source: Pick<SourceRecord, "commissioning_until">, nowMs: number): boolean =>
  source.commissioning_until !== null && Date.parse(source.commissioning_until) > nowMs;

function until(commissioning: Commissioning, nowMs: number): string | null {
  const days = Math.min(COMMISSIONING_MOST_DAYS, Number(commissioning));
  return commissioning === "end" ? null : new Date(nowMs + days * DAY_MS - LEEWAY_MS).toISOString();
}

/** Only what was changed; empty where nothing was. */
export function changesOf(source: SourceRecord, draft: SourceDraft, nowMs: number): Record<string, string | null> {
  const vendor = draft.vendor.trim();
  const phone = draft.phone.trim();
  return {
    ...(vendor !== source.vendor && { vendor }),
    ...(phone !== (source.vendor_phone ?? "") && { vendor_phone: phone || null }),
    ...(draft.commissioning !== "keep" && { commissioning_until: until(draft.commissioning, nowMs) }),
  };
}
