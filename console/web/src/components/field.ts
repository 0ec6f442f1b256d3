// What is said about somebody who might go: the numbers behind their place in the list.
import type { Candidate } from "@/api/types";
import { useWords } from "@/i18n";
import { counter } from "@/time/format";

const KM_M = 1000;

export function useFieldWords() {
  const { t, word } = useWords();

  /** Whole minutes, rounded up: nobody is promised sooner than they can be there. */
  const minutes = (seconds: number | null): string => (seconds === null ? "–" : String(Math.ceil(seconds / 60)));

  function distance(metres: number | null): string {
    if (metres === null) return "";
    return metres < KM_M ? t("field.metres", { n: Math.round(metres) }) : t("field.kilometres", { n: (metres / KM_M).toFixed(1) });
  }

  /** Where they are and how well that is known, what they can, what else they have to do. */
  function reasonsOf(one: Candidate): string {
    return [
      distance(one.distance_m),
      one.in_circle ? "" : t("field.outOfCircle"),
      one.position_age_s === null ? t("field.noPosition") : t("field.positionAge", { age: counter(one.position_age_s) }),
      one.load > 0 ? t("field.load", { n: one.load }) : t("field.free"),
      one.trained ? t("field.trained") : "",
      one.outside_only ? t("field.outsideOnly") : "",
      ...one.skills.map((skill) => word("skill", skill)),
      ...one.speaks.map((language) => word("communication", language)),
    ]
      .filter(Boolean)
      .join(" · ");
  }

  return { minutes, distance, reasonsOf };
}
