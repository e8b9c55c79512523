import { matching, optional, text, type Type, variable } from "./types.ts";

/** The account that is made where something names one and nobody gives it a name. */
export const DEFAULT_ACCOUNT = "user";

/** As useradd(8) takes them everywhere; a name cannot be taken for a number, an option or a path. */
const NAME = /^[a-z_][a-z0-9_-]{0,31}$/i;

/** Accounts of the system, whether they are here by now or not. */
const RESERVED = new Set(["root", "sshd", "nobody", "daemon", "bin", "sys", "_apt"]);

/** True for a name that an account of a person may have. */
export const isAccountName = (name: string) => NAME.test(name) && !RESERVED.has(name);

const name: Type<string> = (given) => (isAccountName(given) ? given : undefined);

/** Words by comma or blank; a list that began as an empty variable begins with a comma. */
const words: Type<string[]> = (given) => given.split(/[\s,]+/).filter((word) => word !== "");

/** What the runtime reads about the account that programs, provisioning and ssh sessions may use in place of root. */
export const accountVariables = {
  USER_NAME: variable({
    type: name,
    fallback: DEFAULT_ACCOUNT,
    description:
      "Account beside root, with the uid of the workspace's owner; made where it is set, or a program or hook names it",
    expected: "a name of letters, digits, _ and - that no account of the system has",
  }),
  USER_GROUPS: variable<string[]>({
    type: words,
    fallback: [],
    description: "Groups that the account is in, by comma, beside those for GPUs, sound and sudo",
    expected: "names of groups",
  }),
  USER_PASSWORD: optional({
    type: matching(/^[^\0\r\n]+$/),
    description: "Password of the account; without one it has none, and ssh takes keys only in any case",
    expected: "a text without line breaks",
    secret: true,
  }),
  PROVISIONING_USER: optional({
    // One that is not there is found out in time: the script then does not run as root.
    type: text,
    description:
      "Who runs the provisioning script and the items of manifests: root, `$USER_NAME` for the account, or another user",
    expected: "root, $USER_NAME or a user of /etc/passwd",
    defaultText: "root; the account in images of the compat flavour",
  }),
};
