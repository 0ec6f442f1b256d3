// Who might go to the selected case, ranked by the server, and whom the desk has picked.
import { computed, ref, shallowRef, watch } from "vue";
import { ask } from "@/api/client";
import type { Assignment, Candidate, Candidates } from "@/api/types";
import { isOpen } from "./order";
import { detail, selectedId } from "./selection";

export const ranked = shallowRef<{ incident: string; found: Candidates } | null>(null);
export const rankingFailed = ref(false);
export const picked = ref<ReadonlySet<string>>(new Set());

/** Not even a dispatcher's word sends these: the server refuses them. */
const NEVER: ReadonlySet<string> = new Set(["barred", "suspended", "no_channel", "asked_already"]);
export const mayBeAsked = ({ why_not: why }: Candidate): boolean => why === null || !NEVER.has(why);
/** Nine digits pick nine people. */
const PICKED_MOST = 9;

const candidates = computed(() => (ranked.value?.incident === selectedId.value ? (ranked.value?.found.items ?? []) : []));
/** Whom the machine may ask as well, in the server's order; the digits count these. */
export const offered = computed(() => candidates.value.filter((one) => one.why_not === null).slice(0, PICKED_MOST));
/** Everybody else, each with the reason. */
export const others = computed(() => candidates.value.filter((one) => !offered.value.includes(one) && one.why_not !== "asked_already"));
export const circleS = computed(() => ranked.value?.found.circle_s ?? 0);
export const chosen = computed(() => candidates.value.filter((one) => picked.value.has(one.responder)));

const RUNNING: ReadonlySet<string> = new Set(["offered", "accepted", "en_route", "on_scene"]);
export const isRunning = ({ state }: Assignment): boolean => RUNNING.has(state);

export function pick(responder: string): void {
  const next = new Set(picked.value);
  if (!next.delete(responder)) next.add(responder);
  picked.value = next;
}

export function pickNumbered(n: number): void {
  const one = offered.value[n - 1];
  if (one) pick(one.responder);
}

/** Whom a dispatch asks: those picked, or else the first of the list. */
export const toAsk = computed(() => (chosen.value.length > 0 ? chosen.value : offered.value.slice(0, 1)));

/** Positions and loads change by themselves: read again so often while the case is open. */
const AGAIN_MS = 60_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export async function readCandidates(): Promise<void> {
  clearTimeout(timer);
  const id = selectedId.value;
  if (!id || detail.value?.id !== id || !isOpen(detail.value)) return;
  try {
    const found = await ask<Candidates>(`/incidents/${id}/candidates`);
    if (selectedId.value !== id) return;
    ranked.value = { incident: id, found };
    rankingFailed.value = false;
  } catch {
    // What was ranked stays on the screen with the ages it had; the panel says that it could not be read again.
    rankingFailed.value = selectedId.value === id;
  }
  timer = setTimeout(() => void readCandidates(), AGAIN_MS);
}

watch(selectedId, () => {
  picked.value = new Set();
  rankingFailed.value = false;
});
/** The order changes with the class, the place and whoever was asked. */
watch(
  () => {
    const now = detail.value;
    return now ? [now.id, now.state, now.class, now.place?.lat, ...now.assignments.map((one) => `${one.id}${one.state}`)].join(" ") : "";
  },
  () => void readCandidates(),
);
