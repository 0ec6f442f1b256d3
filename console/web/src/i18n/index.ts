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

interface Composer {
  t(key: string): string;
  te(key: string, locale?: never): boolean;
}

/** The server's words with `t`'s texts: a word that has none is shown as it is. */
export function wordsOf({ t, te }: Composer) {
  const isKnown = (group: string, name: string): boolean => te(`${group}.${name}`);
  const word = (group: string, name: string | null | undefined): string => {
    if (!name) return "";
    return isKnown(group, name) ? t(`${group}.${name}`) : name.replaceAll("_", " ");
  };
  return { word, isKnown };
}

/** The words of the page: `t` for our own texts, `word` for the server's, shown as it is where unknown. */
export function useWords() {
  const composer = useI18n();
  return { t: composer.t, locale: composer.locale, ...wordsOf(composer) };
}
