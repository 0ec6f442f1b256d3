// Times as a desk reads them: counters in minutes and seconds, clocks in the site's zone.
import { ref } from "vue";

/** Where the centre stands until the server says otherwise. */
const DEFAULT_ZONE = "Asia/Shanghai";

const siteZone = ref(DEFAULT_ZONE);

/** All clocks stand in the site's zone, wherever the desk is. */
export function setSiteZone(zone: string): void {
  siteZone.value = zone;
}

const pad = (n: number): string => String(n).padStart(2, "0");

/** 75 -> "1:15", 4000 -> "1:06:40"; a past deadline has a minus. */
export function counter(seconds: number): string {
  const whole = Math.trunc(Math.abs(seconds));
  const sign = seconds <= -1 ? "−" : "";
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = pad(whole % 60);
  return sign + (hours > 0 ? `${hours}:${pad(minutes)}:${rest}` : `${minutes}:${rest}`);
}

/** Seconds from `from` to `to`, both in milliseconds or as the API writes them. */
export function secondsBetween(from: string | number, to: string | number): number {
  const ms = (moment: string | number): number => (typeof moment === "number" ? moment : Date.parse(moment));
  return (ms(to) - ms(from)) / 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatter(locale: string, zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}|${zone}|${JSON.stringify(options)}`;
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

/** 14:32:07 in the site's zone. */
export function clockTime(moment: string | number, locale: string, zone = siteZone.value): string {
  const options = { hour: "2-digit", minute: "2-digit", second: "2-digit" } as const;
  return formatter(locale, zone, options).format(new Date(moment));
}

/** Thu 19 Nov / 11月19日周四. */
export function shortDate(moment: number, locale: string, zone = siteZone.value): string {
  const options = { weekday: "short", day: "numeric", month: "short" } as const;
  return formatter(locale === "en" ? "en-GB" : locale, zone, options).format(new Date(moment));
}

/** Date and time, for hovers and records. */
export function fullTime(moment: string | number, locale: string, zone = siteZone.value): string {
  const options = { dateStyle: "medium", timeStyle: "medium" } as const;
  const format = new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, {
    timeZone: zone,
    hourCycle: "h23",
    ...options,
  });
  return format.format(new Date(moment));
}
