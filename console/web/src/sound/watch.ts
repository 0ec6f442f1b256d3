// The loop between the state and the loudspeaker. It runs on every page, signed in or locked.
import { computed, reactive, ref } from "vue";
import type { Item } from "@/api/types";
import { monotonicMs, tickMs } from "@/state/clock";
import { isStale, items } from "@/state/feed";
import { isOnDuty } from "@/state/session";
import { nextBurst, NOTHING_HEARD, pause, pausedFor, type Memory } from "./derive";
import { Player } from "./player";

const LOOK_MS = 250;
/** The lost-feed tone: often enough to be missed by nobody, seldom enough to telephone through. */
const LOST_EVERY_MS = 10_000;

const player = new Player();
const memory = ref<Memory>(NOTHING_HEARD);
const audio = reactive({ isRunning: false });
let lostToldAtMs = -LOST_EVERY_MS;

/** Nobody on duty here is told anything: a supervisor's register page need not ring. */
export const isAudible = computed(() => audio.isRunning);
/** On duty and the browser keeps the sound back: an alarm of its own. */
export const isMuffled = computed(() => isOnDuty.value && !audio.isRunning);

function look(): void {
  audio.isRunning = player.isRunning;
  if (!isOnDuty.value || player.isBusy) return;
  const now = monotonicMs();
  const next = nextBurst(items.value, memory.value, now);
  // What the browser swallowed was not heard; it is due again at once.
  if (next.burst === null || player.play(next.burst)) memory.value = next.memory;
  if (isStale.value && next.burst === null && now - lostToldAtMs >= LOST_EVERY_MS && player.playLost()) {
    lostToldAtMs = now;
  }
}

export function startListening(): void {
  setInterval(look, LOOK_MS);
}

/** From a gesture; true where the test tone could be heard. */
export async function unmute(): Promise<boolean> {
  await player.start(() => {
    audio.isRunning = player.isRunning;
  });
  audio.isRunning = player.isRunning;
  return player.playTest();
}

export function pauseSound(item: Item): void {
  memory.value = pause(memory.value, item, monotonicMs());
}

/** Seconds left of this incident's pause; nought where it sounds. */
export function pauseLeftS(item: Item): number {
  return pausedFor(memory.value, item, tickMs.value);
}
