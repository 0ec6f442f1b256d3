// Whom or what an incident is about, in a row's two words; a fault of the system is about no person.
import type { Item } from "@/api/types";
import { useWords } from "@/i18n";
import { isOfSystem } from "./severity";

export interface Subject {
  readonly who: string;
  readonly where: string;
  /** Names and places of people are Chinese whatever the page's language is. */
  readonly whoLang: "zh-CN" | undefined;
  readonly whereLang: "zh-CN" | undefined;
}

export function useSubject() {
  const { t, word, isKnown } = useWords();

  function subjectOf(item: Item): Subject {
    if (isOfSystem(item)) {
      const part = isKnown("systemPart", item.class) ? word("systemPart", item.class) : "";
      return { who: t("system.name"), where: part, whoLang: undefined, whereLang: undefined };
    }
    if (item.class === "unregistered_flood") return { who: t("unknown.several"), where: "", whoLang: undefined, whereLang: undefined };
    const kind = !item.device || item.device.kind === "other" ? t("incident.device") : word("kind", item.device.kind);
    const device = item.device ? `${kind} ${item.device.device}` : "";
    const place = item.place_text;
    return {
      who: item.person?.masked_name ?? (item.unregistered && device ? device : t("queue.nobody")),
      where: place ?? (item.unregistered ? "" : t("queue.noPlace")),
      whoLang: item.person ? "zh-CN" : undefined,
      whereLang: place ? "zh-CN" : undefined,
    };
  }

  /** What a technical case is called; a fault of the system is no fault of a device. */
  const technicalTag = (item: Item): string => t(isOfSystem(item) ? "system.alarm" : "system.technical");

  /** What comes next by itself: whom it reaches, or the step where it reaches nobody new. */
  function nextOf({ step, to }: { step: string; to: readonly string[] }): string {
    return step === "escalate" && to.length > 0 ? to.map((one) => word("step", one)).join(t("common.comma")) : word("step", step);
  }

  return { subjectOf, technicalTag, nextOf };
}
