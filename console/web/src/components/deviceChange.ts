// What is to be read again when the feed tells of a change to one device.
import { onBeforeUnmount } from "vue";
import { onFrame } from "@/state/feed";

export function onDeviceChange(id: () => string, action: () => void): void {
  const leave = onFrame((frame) => {
    if (frame.kind === "device" && (frame.data as { id?: string } | undefined)?.id === id()) action();
  });
  onBeforeUnmount(leave);
}
