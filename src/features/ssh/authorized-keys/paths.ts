import { runtimePath } from "../../../sys/runtime-directory.ts";
import { ROOT_HOME } from "../../../sys/users.ts";

/** The keys that sshd accepts for root. */
export const AUTHORIZED_KEYS = `${ROOT_HOME}/.ssh/authorized_keys`;

/** Holds all keys where the former is read-only or a mount of the user's; sshd must read both. */
export const spareAuthorizedKeys = () => runtimePath("authorized_keys");
