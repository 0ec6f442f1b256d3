// From a page about something else to a case on the desk.
import { useRouter } from "vue-router";
import { select } from "@/state/selection";

export function useOpenCase(): (id: string) => void {
  const router = useRouter();
  return (id) => {
    select(id);
    void router.push({ name: "desk" });
  };
}
