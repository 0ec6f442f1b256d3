// One attempt at a time at what the server may refuse; a refusal in the page's words.
import { ref } from "vue";
import { Refused } from "@/api/client";
import { useWords } from "@/i18n";

export function useAttempt() {
  const { t, word, isKnown } = useWords();
  const isBusy = ref(false);
  const problem = ref<string | null>(null);

  function tell(error: unknown): string {
    // Also an answer that cannot be read: nobody knows then what was done.
    if (!(error instanceof Refused)) return t("common.failed", { reason: t("common.unanswered") });
    const code = error.problem.code ?? "";
    return isKnown("refused", code) ? word("refused", code) : t("common.failed", { reason: error.message });
  }

  /** Whether it was done; if not, `problem` says why. A second attempt waits for the first. */
  async function attempt(deed: () => Promise<unknown>): Promise<boolean> {
    if (isBusy.value) return false;
    isBusy.value = true;
    problem.value = null;
    try {
      await deed();
      return true;
    } catch (error) {
      problem.value = tell(error);
      return false;
    } finally {
      isBusy.value = false;
    }
  }

  return { isBusy, problem, attempt };
}
