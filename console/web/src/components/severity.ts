// The severity a priority is drawn with; what is no alarm stays grey.

export type Severity = "critical" | "urgent" | "notice" | "done";

const BY_PRIORITY: Readonly<Record<string, Severity>> = { P1: "critical", P2: "urgent", P3: "notice" };

export const severityOf = (priority: string): Severity => BY_PRIORITY[priority] ?? "done";
