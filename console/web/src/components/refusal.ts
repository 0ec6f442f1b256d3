// A refused command in the page's words: what is missing, what others did, or that nobody knows.
import { told } from "@/api/client";
import { useWords } from "@/i18n";
import type { Conflict } from "@/state/commands";

export function useRefusalWords() {
  const { t } = useWords();

  function tellReason({ problem }: Conflict): string {
    if (!problem) return t("conflict.unanswered");
    const reason = told(problem);
    if (problem.status === 412) return t("conflict.stale");
    if (problem.status === 409) return t("conflict.state");
    if (problem.status === 422) return t("conflict.missing", { detail: reason });
    return problem.status === 403 ? t("conflict.denied") : reason;
  }

  return { tellReason };
}
