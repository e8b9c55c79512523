import { lookupUser } from "../sys/users.ts";

/**
 * The owner of the workspace may put a manifest there, which root obeys, unless programs of this container run as that
 * user: they would become root by it. With passwordless sudo they are as good as root.
 */
export function trustedUids(env: Readonly<Record<string, string>>): number[] {
  const owner = Number(env["WORKSPACE_UID"] ?? "0");
  const account = env["USER_NAME"] === undefined ? undefined : lookupUser(env["USER_NAME"]);
  return account?.uid === owner && env["AI_DOCK_FLAVOUR"] !== "compat" ? [] : [owner];
}
