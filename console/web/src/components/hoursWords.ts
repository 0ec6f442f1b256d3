// A schedule in words: "Mon–Fri 08:00–18:00".
import { useWords } from "@/i18n";
import { runsOf, type Hours } from "./hours";

export function useHoursWords() {
  const { t, word } = useWords();
  const day = (n: number): string => word("weekday", String(n));

  function tellDays(days: readonly number[]): string {
    const runs = runsOf(days);
    if (runs.length === 1 && runs[0]?.[0] === 1 && runs[0][1] === 7) return t("hours.daily");
    return runs.map(([from, to]) => (from === to ? day(from) : `${day(from)}–${day(to)}`)).join(t("common.comma"));
  }

  const tellHours = (windows: readonly Hours[]): string => windows.map(({ from, to, days }) => `${tellDays(days)} ${from}–${to}`).join(" · ");
  return { tellHours };
}
