// Storms that are suggested or on. They are not on the stream: read again at the pace of what they may hold.
import { onBeforeUnmount, onMounted, shallowRef } from "vue";
import { ask } from "@/api/client";
import type { Page, Storm } from "@/api/types";

const AGAIN_MS = 15_000;

export function useStorms() {
  const storms = shallowRef<readonly Storm[]>([]);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  async function read(): Promise<void> {
    clearTimeout(timer);
    try {
      const [suggested, on] = await Promise.all(
        ["suggested", "on"].map((state) => ask<Page<Storm>>(`/storms?state=${state}&limit=20`)),
      );
      storms.value = [...(on?.items ?? []), ...(suggested?.items ?? [])];
    } catch {
      // Without an answer the last one stands; the feed's own age says that the picture is old.
    }
    if (!isOver) timer = setTimeout(() => void read(), AGAIN_MS);
  }

  onMounted(read);
  onBeforeUnmount(() => {
    isOver = true;
    clearTimeout(timer);
  });
  return { storms, read };
}
