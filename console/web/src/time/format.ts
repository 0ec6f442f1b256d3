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

const MINUTE_MS = 60_000;

/** The wall clock of the site as a field of date and time has it: 2026-11-19T14:30. */
export function siteLocal(moment: string | number, zone = siteZone.value): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
  const parts = Object.fromEntries(formatter("en-GB", zone, options).formatToParts(new Date(moment)).map(({ type, value }) => [type, value]));
  return `${parts["year"]}-${parts["month"]}-${parts["day"]}T${parts["hour"]}:${parts["minute"]}`;
}

/** The moment at which the site's wall clock shows this; null where the text is no time. A desk elsewhere says the same. */
export function fromSiteLocal(text: string, zone = siteZone.value): string | null {
  const asUtc = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtc)) return null;
  const offset = (at: number): number => Date.parse(`${siteLocal(at, zone)}Z`) - Math.floor(at / MINUTE_MS) * MINUTE_MS;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  const guess = asUtc - offset(asUtc);
  return new Date(asUtc - offset(guess)).toISOString();
}

/** 19 Nov, 14:30 / 11月19日 14:30: for tables, where the year goes without saying. */
export function dayTime(moment: string | number, locale: string, zone = siteZone.value): string {
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const;
  return formatter(locale === "en" ? "en-GB" : locale, zone, options).format(new Date(moment));
}
