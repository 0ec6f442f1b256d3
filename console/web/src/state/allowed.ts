// Which steps the picture allows, and the reason where it does not; the server decides all the same.
import type { Item } from "@/api/types";
import type { Step } from "./commands";

/** A reason as a key of the page's words with its values, or null where the step is allowed. */
export type Why = { readonly key: string; readonly values?: Record<string, string>; readonly state?: string } | null;

export interface Situation {
  readonly item: Item | null;
  readonly userId: string | null;
  readonly isSupervisor: boolean;
  readonly isStale: boolean;
  readonly isPending: boolean;
}

const WRITTEN_DOWN: ReadonlySet<Step> = new Set(["note", "call", "handover"]);
const ENDED: ReadonlySet<string> = new Set(["resolved", "closed"]);

/** Why this step cannot be taken now. A note, a call or a hand-over is written down whatever the picture shows. */
export function whyNot(step: Step, at: Situation): Why {
  const { item } = at;
  if (!item) return { key: "none" };
  if (at.isStale && !WRITTEN_DOWN.has(step)) return { key: "stale" };
  if (at.isPending) return { key: "busy" };
  return RULES[step](item, at);
}

const RULES: Readonly<Record<Step, (item: Item, at: Situation) => Why>> = {
  claim(item, at) {
    if (ENDED.has(item.state)) return { key: "state", state: item.state };
    return item.claimed_by ? held(item, at) : null;
  },
  release: owned,
  pass(item, at) {
    if (ENDED.has(item.state)) return { key: "state", state: item.state };
    if (item.claimed_by && !isMine(item, at)) return held(item, at);
    return item.passed_by_me ? { key: "alreadyPassed" } : null;
  },
  note: () => null,
  call(item) {
    return item.state === "closed" ? { key: "state", state: item.state } : null;
  },
  resolve: owned,
  answer: running,
  dispatch: running,
  stand_down: inTheField,
  arrive: inTheField,
  handover: notClosed,
  transfer(item, at) {
    if (!at.isSupervisor) return owned(item, at);
    return running(item) ?? (item.claimed_by ? null : { key: "claimFirst" });
  },
  reclassify: (item, at) => (at.isSupervisor ? running(item) : owned(item, at)),
  confirm: owned,
  correct: (item, at) => (at.isSupervisor ? null : notClosed(item)),
  link: notClosed,
  tell: notClosed,
  merge: notClosed,
  split: (item, at) => notClosed(item) ?? (at.isSupervisor || isMine(item, at) ? null : { key: "notOwner" }),
  reopen(item) {
    return item.state === "resolved" ? null : { key: "state", state: item.state };
  },
  close(item) {
    return item.state === "resolved" ? null : { key: "state", state: item.state };
  },
};

const isMine = (item: Item, at: Situation): boolean => item.claimed_by?.id === at.userId;

function held(item: Item, at: Situation): Why {
  if (isMine(item, at)) return { key: "mine" };
  return { key: "theirs", values: { name: item.claimed_by?.display_name ?? "" } };
}

function running(item: Item): Why {
  return ENDED.has(item.state) ? { key: "state", state: item.state } : null;
}

function notClosed(item: Item): Why {
  return item.state === "closed" ? { key: "state", state: item.state } : null;
}

function inTheField(item: Item): Why {
  return item.state === "dispatched" || item.state === "on_scene" ? null : { key: "state", state: item.state };
}

function owned(item: Item, at: Situation): Why {
  if (ENDED.has(item.state)) return { key: "state", state: item.state };
  if (!item.claimed_by) return { key: "claimFirst" };
  return isMine(item, at) ? null : held(item, at);
}
