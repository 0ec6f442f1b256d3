// Who of those behind an outage is still to be reached: everybody who is not known to be well.
import type { Outage } from "@/api/types";

/** As `rules/domain/outages.py` counts them. */
const REACHED: ReadonlySet<string> = new Set(["spoke_ok", "seen_ok"]);

export function toReach(people: Outage["people"]): Outage["people"] {
  return people.filter(({ call_result: result }) => result === null || !REACHED.has(result));
}
