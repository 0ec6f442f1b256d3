// Both languages, and the one way to say a word the server may have invented since.
import { createI18n, useI18n } from "vue-i18n";
import en from "./en.json";
import zh from "./zh-CN.json";

export const i18n = createI18n({
  legacy: false,
  locale: "zh-CN",
  fallbackLocale: "en",
  messages: { "zh-CN": zh, en },
});

/** The words of the page: `t` for our own texts, `word` for the server's, shown as it is where unknown. */
export function useWords() {
  const { t, te, locale } = useI18n();
  const word = (group: string, name: string | null | undefined): string => {
    if (!name) return "";
    const key = `${group}.${name}`;
    return te(key) || te(key, "en") ? t(key) : name.replaceAll("_", " ");
  };
  return { t, word, locale };
}
