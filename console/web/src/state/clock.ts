// The pages' one clock: monotonic, set by the server, so that a wrong desk clock moves no deadline.
import { ref } from "vue";

const TICK_MS = 200;

let serverAtMs = Date.now();
let setAtMs = performance.now();

/** Milliseconds that only go forward, from an arbitrary start. */
export const monotonicMs = (): number => performance.now();

/** The server's time as far as it is known. */
export const serverMs = (): number => serverAtMs + (performance.now() - setAtMs);

/** Each frame of the feed names the server's time. */
export function setServerTime(at: string): void {
  const told = Date.parse(at);
  if (Number.isNaN(told)) return;
  serverAtMs = told;
  setAtMs = performance.now();
}

/** The server's time, redrawn five times a second. */
export const nowMs = ref(serverMs());
/** The monotonic time of the same redraw. */
export const tickMs = ref(monotonicMs());

export function startTicking(): void {
  setInterval(() => {
    nowMs.value = serverMs();
    tickMs.value = monotonicMs();
  }, TICK_MS);
}
