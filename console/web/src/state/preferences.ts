// What one person chose for this browser: language, theme, single keys.
import { reactive, watch } from "vue";

export type Language = "zh-CN" | "en";
export type Theme = "light" | "dark";

interface Preferences {
  language: Language;
  /** Chosen here by a person: then the account's language no longer decides. */
  hasChosenLanguage: boolean;
  theme: Theme;
  singleKeys: boolean;
}

const KEY = "shouwang.preferences";

function fromAddress(): Partial<Preferences> {
  const asked = new URLSearchParams(location.search);
  const found: Partial<Preferences> = {};
  const language = asked.get("lang");
  const theme = asked.get("theme");
  if (language === "en" || language === "zh-CN") Object.assign(found, { language, hasChosenLanguage: true });
  if (theme === "light" || theme === "dark") found.theme = theme;
  return found;
}

function stored(): Partial<Preferences> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>;
  } catch {
    return {};
  }
}

const firstLanguage: Language = navigator.language.startsWith("zh") ? "zh-CN" : "en";

export const preferences = reactive<Preferences>({
  language: firstLanguage,
  hasChosenLanguage: false,
  theme: "light",
  singleKeys: true,
  ...stored(),
  ...fromAddress(),
});

export function chooseLanguage(language: Language): void {
  Object.assign(preferences, { language, hasChosenLanguage: true });
}

/** The language of the account, until somebody chooses another one in this browser. */
export function adoptLanguage(language: string | null): void {
  if (preferences.hasChosenLanguage) return;
  if (language === "en" || language === "zh-CN") preferences.language = language;
}

/** Puts the choices on the page now and whenever they change. */
export function applyPreferences(setLocale: (language: Language) => void): void {
  watch(
    preferences,
    (chosen) => {
      document.documentElement.lang = chosen.language;
      document.documentElement.dataset["theme"] = chosen.theme;
      setLocale(chosen.language);
      localStorage.setItem(KEY, JSON.stringify(chosen));
    },
    { immediate: true },
  );
}
