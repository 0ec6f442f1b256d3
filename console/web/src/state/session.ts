// Who is signed in, and whether they are at their desk.
import { computed, reactive } from "vue";
import { ask, post, Refused } from "@/api/client";
import type { SessionAnswer, User } from "@/api/types";
import { leaveFeed, pauseFeed, watchFeed } from "./feed";
import { setSiteZone } from "@/time/format";
import { RIGHTS } from "./rights";
import { adoptLanguage } from "./preferences";

export type Duty = "on" | "break" | "off";

interface Session {
  user: User | null;
  duty: Duty;
  /** The server ended the session while the desk was on duty: sound goes on, names are hidden. */
  isLocked: boolean;
}

export const session = reactive<Session>({ user: null, duty: "off", isLocked: false });

const SUPERVISING: ReadonlySet<string> = new Set(["supervisor", "administrator", "admin"]);
export const isSupervisor = computed(() => SUPERVISING.has(session.user?.role ?? ""));
export const isOnDuty = computed(() => session.duty === "on");

/** A reloaded page is still on duty; its sound is not, and the bar says so until somebody restores it. */
const DUTY_KEY = "shouwang.duty";

let lockedOut: () => void = () => undefined;

/** Tells whom to call when the server ends the session. */
export function onLockedOut(action: () => void): void {
  lockedOut = action;
}

function begin({ user, duty, site_timezone }: SessionAnswer): void {
  session.user = user;
  const [who, remembered] = (sessionStorage.getItem(DUTY_KEY) ?? "").split(" ");
  session.duty = duty?.state ?? (who === user.id && remembered === "on" ? "on" : "off");
  session.isLocked = false;
  if (site_timezone) setSiteZone(site_timezone);
  adoptLanguage(user.language);
  // Who may not see cases has no feed: nothing on their pages can grow stale by it.
  if ((RIGHTS.watchCases as readonly string[]).includes(user.role)) watchFeed(endedByServer);
}

function endedByServer(): void {
  pauseFeed();
  session.isLocked = session.duty === "on";
  session.user = null;
  if (!session.isLocked) leaveFeed();
  lockedOut();
}

/** Takes up the session of the cookie, if there is one; false otherwise. */
export async function resume(): Promise<boolean> {
  try {
    begin(await ask<SessionAnswer>("/session"));
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  begin(await post<SessionAnswer>("/session", { username, password }));
}

export async function signOut(): Promise<void> {
  if (session.duty !== "off") await setDuty("off");
  await ask<void>("/session", { method: "DELETE" });
  session.user = null;
  session.isLocked = false;
  leaveFeed();
}

export async function setDuty(state: Duty): Promise<void> {
  await post<unknown>("/duty", { state });
  session.duty = state;
  if (session.user) sessionStorage.setItem(DUTY_KEY, `${session.user.id} ${state}`);
}
