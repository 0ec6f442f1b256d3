// How to speak with somebody, in the page's words: what hinders, never what is in order.
import { useWords } from "@/i18n";

export function useSpeakingWords() {
  const { word } = useWords();

  function tellSpeaking(communication: Record<string, unknown> | null | undefined): string {
    const told = Object.values(communication ?? {}).flat();
    const words = told.filter((value): value is string => typeof value === "string" && value !== "" && value !== "ok");
    return words.map((value) => word("communication", value)).join(" · ");
  }

  return { tellSpeaking };
}
