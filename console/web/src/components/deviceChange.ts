// What is to be read again when one device changes: the feed tells it, or where there is none, a look now and then.
import { onBeforeUnmount } from "vue";
import { feed, onFrame } from "@/state/feed";

/** An installer who waits for a device to answer looks at the page, not at a clock. */
const LOOK_EVERY_MS = 5_000;

export function onDeviceChange(id: () => string, action: () => void): void {
  const leave = onFrame((frame) => {
    if (frame.kind === "device" && (frame.data as { id?: string } | undefined)?.id === id()) action();
  });
  const timer = setInterval(() => {
    if (!feed.isWatching) action();
  }, LOOK_EVERY_MS);
  onBeforeUnmount(() => {
    leave();
    clearInterval(timer);
  });
}
