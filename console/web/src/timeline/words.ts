// Who did it and what, in the page's language.
import type { Device, Entry } from "@/api/types";
import { useWords } from "@/i18n";
import { sentenceOf, type Known } from "./sentence";

export function useEntryWords() {
  const { t, word, isKnown } = useWords();

  /** The actor as a desk names it: a colleague, the system, or a device with its kind where that is known. */
  function actorName({ actor }: Entry, devices: readonly Pick<Device, "device" | "kind">[] = []): string {
    if (actor.kind === "system") return t("incident.system");
    if (actor.kind !== "device") return actor.name ?? [word("actor", actor.kind), actor.id].filter(Boolean).join(" ");
    const kind = devices.find((one) => one.device === actor.id)?.kind;
    return [kind && kind !== "other" ? word("kind", kind) : t("incident.device"), actor.id].join(" ");
  }

  const tellEntry = (entry: Entry, known?: Known): string => sentenceOf(entry, { t, word, isKnown }, known);

  return { actorName, tellEntry };
}
