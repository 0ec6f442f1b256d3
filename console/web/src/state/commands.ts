// Commands as claims on shared state: pending until the change is on the feed, refused in the open.
import { reactive, watch } from "vue";
import { ask, post, Refused } from "@/api/client";
import type { Entry, Incident, Item, Problem } from "@/api/types";
import { board } from "./feed";
import { readDetail, select } from "./selection";

/** The steps of a case that a desk takes, as the API names them. */
export const STEPS = [
  ...(["claim", "release", "pass", "note", "call", "resolve", "reopen", "close"] as const),
  ...(["answer", "dispatch", "stand_down", "arrive", "handover", "transfer"] as const),
  ...(["reclassify", "correct", "link", "merge", "split", "confirm", "tell"] as const),
] as const;
export type Step = (typeof STEPS)[number];

/** After this the feed is asked again rather than waited for. */
const CONFIRM_MS = 5_000;
/** These must name the version they saw: nobody ends a case past an alarm they have not seen. */
const NEEDS_VERSION: ReadonlySet<Step> = new Set(["resolve", "close", "merge"]);

interface Pending {
  readonly step: Step;
  /** The version that ends the wait; null while the server has not answered. */
  version: number | null;
}

export interface Conflict {
  readonly incident: string;
  readonly step: Step;
  readonly problem: Problem | null;
  readonly changed: readonly Entry[];
}

export const commands = reactive({
  pending: {} as Record<string, Pending>,
  conflict: null as Conflict | null,
});

/** Carries out one step; true where the server took it. A refusal is kept for the desk to read. */
export async function carryOut(item: Item, step: Step, body: object = {}): Promise<boolean> {
  if (commands.pending[item.id]) return false;
  commands.conflict = null;
  commands.pending[item.id] = { step, version: null };
  try {
    const answer = await send(item, step, body);
    await awaitFeed(item.id, answer.version);
    return true;
  } catch (error) {
    delete commands.pending[item.id];
    commands.conflict = conflictOf(item, step, error);
    void readDetail();
    return false;
  }
}

/** What the desk was told changes the case itself; every other step is a word of its own. Neither waits for the machine's
 * own entries: an escalation while somebody writes must not refuse the place that was just told. */
function send(item: Item, step: Step, body: object): Promise<Incident> {
  if (step === "tell") return ask<Incident>(`/incidents/${item.id}`, { method: "PATCH", body });
  return post<Incident>(`/incidents/${item.id}/${step}`, body, NEEDS_VERSION.has(step) ? item.version : undefined);
}

async function awaitFeed(id: string, version: number): Promise<void> {
  const pending = commands.pending[id];
  if (!pending) return;
  pending.version = version;
  settle();
  setTimeout(() => {
    if (commands.pending[id] !== pending) return;
    delete commands.pending[id];
    void readDetail();
  }, CONFIRM_MS);
}

function conflictOf(item: Item, step: Step, error: unknown): Conflict {
  const problem = error instanceof Refused ? error.problem : null;
  return { incident: item.id, step, problem, changed: problem?.changed ?? [] };
}

function settle(): void {
  for (const [id, pending] of Object.entries(commands.pending)) {
    const known = board.value.incidents[id];
    const isSeen = pending.version !== null && (!known || known.version >= pending.version);
    if (isSeen) delete commands.pending[id];
  }
}
watch(board, settle);

/** Opens an incident by hand and shows it; its id. */
export async function openByHand(body: object): Promise<string> {
  const opened = await post<Incident>("/incidents", body);
  select(opened.id);
  return opened.id;
}
