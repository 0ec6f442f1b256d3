// What an incident is drawn with: the severity of a call for help, or the grey of what nobody called for.
import type { Item } from "@/api/types";

export type Severity = "critical" | "urgent" | "notice" | "technical" | "done";
type Drawn = Pick<Item, "priority" | "family">;

const BY_PRIORITY: Readonly<Record<string, Severity>> = { P1: "critical", P2: "urgent", P3: "notice" };

export const severityOf = (priority: string): Severity => BY_PRIORITY[priority] ?? "done";

/** A fault, of a device or of the system itself. However urgent, it is never painted as a call for help. */
export const isTechnical = (item: Pick<Item, "family">): boolean => item.family === "technical";

export const lookOf = (item: Drawn): Severity => (isTechnical(item) ? "technical" : severityOf(item.priority));

/** About a part of the centre itself: there is no person to look for and no place to go to. */
export const isOfSystem = (item: Pick<Item, "family" | "source" | "person" | "device">): boolean =>
  isTechnical(item) && item.source === "system" && item.person === null && item.device === null;
