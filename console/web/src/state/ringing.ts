// Telephone calls that ring at the centre, and those this desk took up and has not yet made anything of.
import { computed, ref, shallowRef, watch } from "vue";
import { ask, Refused } from "@/api/client";
import type { CallWhole, Item, Page, TelephoneCall } from "@/api/types";
import { serverMs } from "./clock";
import { board, onFrame } from "./feed";
import { may } from "./may";
import { isOpen } from "./order";

/** So long a call may ring; then the server makes a case of it (rules/domain/ringing.py). */
export const RINGS_FOR_S = 30;
const MS = 1000;
const RINGING_MOST = 100;
/** A reloaded page still has the caller on the line. */
const TAKEN_KEY = "shouwang.calls";

/** A call as this desk knows it; its whole number only once it was taken up here. */
export type Known = TelephoneCall & Partial<Pick<CallWhole, "number">>;
export type Calls = Readonly<Record<string, Known>>;

/** The calls with this one as it is told now; what is older than known changes nothing. */
export function withCall(calls: Calls, call: Known): Calls {
  const known = calls[call.id];
  if (known && known.version > call.version) return calls;
  return { ...calls, [call.id]: { ...known, ...call } };
}

/** The calls after asking which of them ring: what rang already `before` that and is not `listed` rings no more. */
export function withListed(calls: Calls, before: Calls, listed: readonly TelephoneCall[]): Calls {
  const found = new Set(listed.map((call) => call.id));
  const kept = Object.values(calls).filter((call) => call.state !== "ringing" || found.has(call.id) || before[call.id] !== call);
  return listed.reduce(withCall, Object.fromEntries(kept.map((call) => [call.id, call])));
}

/** Who rings, the longest first: it has the least time left. Numbers dialled from here ring elsewhere. */
export function ringingOf(calls: Calls): Known[] {
  return Object.values(calls)
    .filter((call) => call.direction === "in" && call.state === "ringing")
    .sort((a, b) => Date.parse(a.began_at) - Date.parse(b.began_at) || Number(a.id) - Number(b.id));
}

/** What this desk took up and nobody has said yet what it was. */
export function openOf(calls: Calls, taken: ReadonlySet<string>): Known[] {
  return Object.values(calls).filter((call) => taken.has(call.id) && call.state !== "ringing" && call.incident === null);
}

/** Until it becomes a case; the telephone system's clock may be off, so never more than the whole. */
export function leftS(call: Pick<TelephoneCall, "began_at">, nowMs: number): number {
  const rung = (nowMs - Date.parse(call.began_at)) / MS;
  return Math.min(RINGS_FOR_S, Math.max(0, RINGS_FOR_S - rung));
}

const calls = shallowRef<Calls>({});
const taken = ref<ReadonlySet<string>>(new Set());
export const ringing = computed(() => ringingOf(calls.value));
export const inHand = computed(() => openOf(calls.value, taken.value));

function keepTaken(ids: Iterable<string>): void {
  taken.value = new Set(ids);
  sessionStorage.setItem(TAKEN_KEY, JSON.stringify([...taken.value]));
}

export async function readRinging(): Promise<void> {
  if (!may("reportCalls")) return;
  const before = calls.value;
  try {
    const { items } = await ask<Page<TelephoneCall>>(`/calls?ringing=true&limit=${RINGING_MOST}`);
    calls.value = withListed(calls.value, before, items);
    await restoreTaken();
  } catch {
    // The telephones ring all the same, and after half a minute the case is in the queue.
  }
}

async function restoreTaken(): Promise<void> {
  const ids = JSON.parse(sessionStorage.getItem(TAKEN_KEY) ?? "[]") as string[];
  for (const id of ids.filter((one) => !taken.value.has(one))) {
    const call = await ask<CallWhole>(`/calls/${id}`);
    calls.value = withCall(calls.value, call);
    keepTaken([...taken.value, id]);
    void lookForCase(call);
  }
}

/** The open case of whoever calls, by call: the word on the telephone most likely belongs there. */
export const openCases = ref<Readonly<Record<string, Pick<Item, "id" | "number">>>>({});
const CASES_MOST = 20;

async function lookForCase(call: TelephoneCall): Promise<void> {
  if (!call.resident) return;
  try {
    const { items } = await ask<Page<Item>>(`/incidents?resident=${call.resident.id}&limit=${CASES_MOST}`);
    const found = items.find(isOpen);
    if (found) openCases.value = { ...openCases.value, [call.id]: found };
  } catch {
    // It can be found in the queue by hand.
  }
}

async function change(call: TelephoneCall, body: object, ifMatch?: number): Promise<void> {
  try {
    const ask_ = { method: "PATCH", body, ...(ifMatch !== undefined && { ifMatch }) };
    calls.value = withCall(calls.value, await ask<CallWhole>(`/calls/${call.id}`, ask_));
  } catch (error) {
    if (error instanceof Refused) void readRinging();
    throw error;
  }
}

/** Not before it began, whatever the telephone system's clock says. */
const nowFor = (call: TelephoneCall): string => new Date(Math.max(serverMs(), Date.parse(call.began_at))).toISOString();

/** Somebody at this desk speaks with the caller; refused where a colleague was quicker, or it is a case already. */
export async function pickUp(call: TelephoneCall): Promise<void> {
  await change(call, { answered_at: nowFor(call) }, call.version);
  keepTaken([...taken.value, call.id]);
  void lookForCase(call);
}

/** The caller hung up before anybody answered: a case at once. */
export const giveUp = (call: TelephoneCall): Promise<void> => change(call, { ended_at: nowFor(call) }, call.version);

/** What was said belongs to this case. */
export async function belongsTo(call: TelephoneCall, incident: string): Promise<void> {
  await change(call, { incident });
  letGo(call);
}

/** Spoken and done; nothing is to be kept of it but the call. */
export async function endWithout(call: TelephoneCall): Promise<void> {
  if (call.ended_at === null) await change(call, { ended_at: nowFor(call) });
  letGo(call);
}

const letGo = (call: TelephoneCall): void => keepTaken([...taken.value].filter((id) => id !== call.id));

onFrame((frame) => {
  if (frame.kind === "call") calls.value = withCall(calls.value, frame.data as TelephoneCall);
});
// With each new picture the calls are asked for anew: the stream may have missed some.
watch(
  () => board.value.needsSnapshot,
  (needs) => {
    if (!needs) void readRinging();
  },
  { immediate: true },
);
