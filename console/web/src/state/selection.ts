// The queue as shown, and the one incident that is open in the middle.
import { computed, ref, shallowRef, watch } from "vue";
import { ask, Refused } from "@/api/client";
import type { Incident, Item } from "@/api/types";
import { board, isStale, items, onFrame } from "./feed";
import { faultsOf, doneOf, neighbour, queueOf, shownIds, waiting } from "./order";
import { session } from "./session";

export type Filter = "all" | "unclaimed" | "mine";

export const filter = ref<Filter>("all");
export const search = ref("");
/** The pointer or the focus is in the list: no row may move. */
export const isHeld = ref(false);
export const selectedId = ref<string | null>(null);
export const detail = shallowRef<Incident | null>(null);
export const detailProblem = ref<string | null>(null);

export const queue = computed(() => queueOf(items.value));
export const faults = computed(() => faultsOf(items.value));
export const done = computed(() => doneOf(items.value));
export const mine = computed(() => queue.value.filter((item) => item.claimed_by?.id === session.user?.id));
export const unclaimed = computed(() => queue.value.filter((item) => item.unattended));

const shown = ref<string[]>([]);
/** Rows that ended while the list was held are still drawn, as they last were. */
const lastKnown = new Map<string, Item>();

const matching = computed(() => {
  const source = { all: queue, unclaimed, mine }[filter.value].value;
  const words = search.value.trim().toLowerCase();
  return words ? source.filter((item) => textOf(item).includes(words)) : source;
});

function textOf(item: Item): string {
  const parts = [item.number, item.person?.masked_name, item.place_text, item.device?.device, item.class];
  return parts.join(" ").toLowerCase();
}

watch(
  [matching, isHeld],
  () => {
    for (const item of matching.value) lastKnown.set(item.id, item);
    const wanted = matching.value.map((item) => item.id);
    shown.value = shownIds(shown.value, wanted, isHeld.value);
  },
  { immediate: true },
);
watch([filter, search], () => showNewest());

export interface Row {
  readonly item: Item;
  /** No longer in the queue; kept in place until the list is let go. */
  readonly isOver: boolean;
}

export const rows = computed<Row[]>(() => {
  const open = new Set(queue.value.map((item) => item.id));
  return shown.value.flatMap((id) => {
    const item = board.value.incidents[id] ?? lastKnown.get(id);
    return item ? [{ item, isOver: !open.has(id) }] : [];
  });
});

export const newcomers = computed(() => waiting(shown.value, matching.value));

export function showNewest(): void {
  shown.value = matching.value.map((item) => item.id);
}

export function move(step: number): void {
  const next = neighbour(shown.value, selectedId.value, step);
  if (next) select(next);
}

export function select(id: string | null): void {
  if (selectedId.value === id) return;
  selectedId.value = id;
  detail.value = null;
  detailProblem.value = null;
  if (id) void readDetail();
}

export const selected = computed<Item | null>(() => {
  const id = selectedId.value;
  return id ? (board.value.incidents[id] ?? detail.value) : null;
});

let isReading = false;
let readAgain = false;

/** Reads the open incident; a change that comes meanwhile is read once more, never lost. */
export async function readDetail(): Promise<void> {
  readAgain = true;
  if (isReading) return;
  isReading = true;
  try {
    while (readAgain && selectedId.value) {
      readAgain = false;
      await readOnce(selectedId.value);
    }
  } finally {
    isReading = false;
  }
}

async function readOnce(id: string): Promise<void> {
  try {
    const found = await ask<Incident>(`/incidents/${id}`);
    if (selectedId.value !== id) readAgain = true;
    else {
      detail.value = found;
      detailProblem.value = null;
    }
  } catch (error) {
    if (selectedId.value !== id) readAgain = true;
    else detailProblem.value = error instanceof Refused ? error.message : "unanswered";
  }
}

onFrame((frame) => {
  const changed = frame.data as { id?: string; incident?: string } | undefined;
  const id = frame.kind === "entry" ? changed?.incident : changed?.id;
  if (id && id === selectedId.value) void readDetail();
});
// After a loss the detail may have missed entries.
watch(isStale, (stale) => {
  if (!stale && selectedId.value) void readDetail();
});
