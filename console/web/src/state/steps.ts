// The selected incident's steps, seen from this desk.
import { commands, type Step } from "./commands";
import { isStale } from "./feed";
import { selected } from "./selection";
import { isSupervisor, session } from "./session";
import { whyNot, type Why } from "./allowed";

export function useSteps() {
  function whyNotNow(step: Step): Why {
    const item = selected.value;
    return whyNot(step, {
      item,
      userId: session.user?.id ?? null,
      isSupervisor: isSupervisor.value,
      isStale: isStale.value,
      isPending: item ? commands.pending[item.id] !== undefined : false,
    });
  }
  return { whyNotNow };
}
