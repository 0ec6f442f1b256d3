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
    const device = item.device ? `${word("kind", item.device.kind)} ${item.device.device}` : "";
    const place = item.place_text;
    return {
      who: item.person?.masked_name ?? (item.unregistered && device ? device : t("queue.nobody")),
      where: place ?? (item.unregistered ? "" : t("queue.noPlace")),
      whoLang: item.person ? "zh-CN" : undefined,
      whereLang: place ? "zh-CN" : undefined,
    };
  }

  return { subjectOf };
}
