// The pages about what is held back.
import { may } from "./may";

/** Those pages that whoever is signed in may read, in the order in which a desk needs them. */
export function holdingPages(): ("absences" | "silences" | "storms")[] {
  return may("readHolders") ? ["absences", "silences", "storms"] : [];
}
