// Whether whoever is signed in may do something.
import { RIGHTS, type Deed } from "./rights";
import { session } from "./session";

export function may(deed: Deed): boolean {
  const roles: readonly string[] = RIGHTS[deed];
  return roles.includes(session.user?.role ?? "");
}
