// The picture and its freshness: snapshot, stream, and when neither may be believed.
import { computed, reactive, shallowRef } from "vue";
import { ask, Refused } from "@/api/client";
import { Stream } from "@/api/stream";
import type { Alive, Frame, Item, Page } from "@/api/types";
import { apply, fromSnapshot, NO_PICTURE, type Board } from "./board";
import { monotonicMs, nowMs, serverMs, setServerTime, tickMs } from "./clock";

/** Older than this the picture says nothing about new calls (console.md). */
export const STALE_S = 5;
export const ENGINE_SILENT_S = 10;
export const CANARY_OLD_S = 150;
const SNAPSHOT_AGAIN_MS = 2_000;
const QUEUE_PAGE = 200;

export const board = shallowRef<Board>(NO_PICTURE);

interface FeedState {
  /** Whether anybody is signed in, so that silence means something. */
  isWatching: boolean;
  alive: Alive | null;
  /** Monotonic time of the last moment at which the picture was known to be whole. */
  freshAtMs: number;
  /** The server's time of that moment. */
  asOfMs: number;
  attempt: number;
  retryAtMs: number;
}

export const feed = reactive<FeedState>({
  isWatching: false,
  alive: null,
  freshAtMs: monotonicMs(),
  asOfMs: serverMs(),
  attempt: 0,
  retryAtMs: 0,
});

export const feedAgeS = computed(() => Math.max(0, (tickMs.value - feed.freshAtMs) / 1000));
export const isStale = computed(() => feed.isWatching && feedAgeS.value > STALE_S);
/** The time at which counters are drawn: it stands still while the picture is stale. */
export const shownMs = computed(() => (isStale.value ? feed.asOfMs : nowMs.value));
export const items = computed(() => Object.values(board.value.incidents));
export const isEngineSilent = computed(() => (feed.alive?.engine_age_s ?? Infinity) > ENGINE_SILENT_S);
export const isCanaryOld = computed(() => (feed.alive?.canary_age_s ?? Infinity) > CANARY_OLD_S);
/** An older server says nothing of it, and is not doubted for that. */
export const isChainBroken = computed(() => ["nobody_on_call", "untested"].includes(feed.alive?.chain_end ?? "tested"));
export const isLaneDown = computed(() => feed.alive?.lanes.some((lane) => !lane.connected) ?? false);

/** Since when this desk is asked for a sign of life; null: it is not. */
export const askedAt = shallowRef<string | null>(null);

type Listener = (frame: Frame) => void;
const listeners = new Set<Listener>();
let onSignedOut: () => void = () => undefined;

/** Called for each frame after the picture took it in. */
export function onFrame(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const stream = new Stream({
  after: () => (board.value.needsSnapshot ? null : board.value.seq),
  frame: receive,
  lost(attempt, waitMs) {
    feed.attempt = attempt;
    feed.retryAtMs = monotonicMs() + waitMs;
  },
  signedOut: () => onSignedOut(),
});

/** A key or a click proves the person; more than one in this time says no more. */
const ACT_EVERY_MS = 10_000;
let actedAtMs = -Infinity;

export function noteAct(): void {
  if (monotonicMs() - actedAtMs < ACT_EVERY_MS && askedAt.value === null) return;
  actedAtMs = monotonicMs();
  askedAt.value = null;
  stream.act();
}

function receive(frame: Frame): void {
  if (frame.kind === "alive") return receiveAlive(frame);
  if (frame.kind === "are_you_there") {
    askedAt.value = (frame as unknown as { asked_at: string }).asked_at;
    return;
  }
  board.value = apply(board.value, frame);
  if (board.value.needsSnapshot) void takeSnapshot();
  for (const listener of listeners) listener(frame);
}

function receiveAlive(frame: Frame): void {
  feed.alive = (frame.data ?? frame) as Alive;
  feed.attempt = 0;
  if (frame.at) setServerTime(frame.at);
  if (!board.value.needsSnapshot) markFresh();
}

function markFresh(): void {
  feed.freshAtMs = monotonicMs();
  feed.asOfMs = serverMs();
}

let isTaking = false;
let retryTimer: ReturnType<typeof setTimeout> | undefined;

/** Reads the whole queue and follows the stream from there; tries again until it can. */
export async function takeSnapshot(): Promise<void> {
  if (isTaking || !feed.isWatching) return;
  isTaking = true;
  clearTimeout(retryTimer);
  try {
    const { seq, found } = await readQueue();
    board.value = fromSnapshot(seq, found);
    stream.reconnect();
  } catch (error) {
    if (error instanceof Refused && error.problem.status === 401) onSignedOut();
    else retryTimer = setTimeout(() => void takeSnapshot(), SNAPSHOT_AGAIN_MS);
  } finally {
    isTaking = false;
  }
}

async function readQueue(): Promise<{ seq: number; found: Item[] }> {
  const found: Item[] = [];
  let cursor: string | null = null;
  // Pages are read one after another; the stream resumes from the first page's number and repeats what changed.
  let seq: number | null = null;
  do {
    const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const page: Page<Item> = await ask<Page<Item>>(`/incidents?limit=${QUEUE_PAGE}${query}`);
    seq ??= page.seq ?? 0;
    found.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return { seq: seq ?? 0, found };
}

export function watchFeed(signedOut: () => void): void {
  onSignedOut = signedOut;
  feed.isWatching = true;
  feed.freshAtMs = monotonicMs();
  stream.open();
  void takeSnapshot();
}

/** The stream has ended for a reason of security; what was seen stays, grows stale and goes on sounding. */
export function pauseFeed(): void {
  stream.close();
}

/** Signed out on purpose: nothing stays. */
export function leaveFeed(): void {
  stream.close();
  feed.isWatching = false;
  feed.alive = null;
  board.value = NO_PICTURE;
}

export function reconnectNow(): void {
  if (board.value.needsSnapshot) void takeSnapshot();
  else stream.reconnect();
}
