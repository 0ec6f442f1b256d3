// How a timeline entry is read aloud: who, what, and its details in the page's words.
import type { Entry } from "@/api/types";
import { useWords } from "@/i18n";

/** Details that are closed sets have words of their own. */
const GROUPS: Readonly<Record<string, string>> = {
  outcome: "outcome",
  result: "callResult",
  verified: "verified",
  class: "class",
  step: "step",
  stage: "step",
  target: "step",
  kind: "safety",
  safety: "safety",
  priority: "severity",
  source: "source",
  reason: "reasonOf",
};
/** For machines, not for readers. */
const SILENT: ReadonlySet<string> = new Set(["erased", "hash", "version", "stage_index", "second_user", "policy", "related"]);

export function useEntryWords() {
  const { t, word } = useWords();

  function actorKind(entry: Entry): string {
    return typeof entry.actor === "string" ? (entry.actor.split(":")[0] ?? "") : entry.actor.kind;
  }

  function actorName(entry: Entry): string {
    if (actorKind(entry) === "system") return t("incident.system");
    if (typeof entry.actor === "string") return entry.actor;
    return entry.actor.name ?? [entry.actor.kind, entry.actor.id].filter(Boolean).join(" ");
  }

  function tellValue(name: string, value: unknown): string {
    if (value === null || value === undefined || value === "") return "";
    if (Array.isArray(value)) return value.map((one) => tellValue(name, one)).join(t("common.comma"));
    if (typeof value === "object") return tellAll(value as Record<string, unknown>);
    if (name === "to" && typeof value === "string") return word("callTo", value) === value ? word("step", value) : word("callTo", value);
    const group = GROUPS[name];
    return group ? word(group, String(value)) : String(value);
  }

  function tellAll(detail: Record<string, unknown>): string {
    const parts = Object.entries(detail).filter(([name]) => !SILENT.has(name));
    return parts.map(([name, value]) => tellValue(name, value)).filter(Boolean).join(" · ");
  }

  function tellDetail(entry: Entry): string {
    const detail = entry.detail ?? {};
    const moved = entry.from && entry.to && entry.from !== entry.to ? `${tellState(entry.from)} → ${tellState(entry.to)}` : "";
    const erased = "erased" in detail ? t("incident.erased") : "";
    return [moved, tellAll(detail), erased].filter(Boolean).join(" · ");
  }

  function tellState(name: string): string {
    const severity = word("severity", name);
    return severity === name ? word("state", name) : severity;
  }

  function tellEntry(entry: Entry): string {
    const what = word("action", entry.action);
    const told = tellDetail(entry);
    return told ? t("incident.says", { what, detail: told }) : what;
  }

  return { actorKind, actorName, tellDetail, tellEntry };
}
