import { defineCommand } from "citty";
import { isCompat } from "../../env/flavour.ts";
import { AiDockError, ExitCode } from "../../errors.ts";
import { type Fixed, fixContainer, fixWorkspace } from "../../features/permissions/fix.ts";
import { isRoot } from "../../sys/users.ts";
import { bootEnvironment } from "../boot-environment.ts";
import { type Command, usageError } from "../command.ts";
import { note, print } from "../print.ts";

const NAME = "fix-permissions";
const PARTS = ["container", "workspace", "all"];

const command: Command = {
  definition: defineCommand({
    meta: {
      name: NAME,
      hidden: true,
      description:
        "Let the account write: to the apps of /opt by the group ai-dock, and to a mounted workspace by owning what is there",
    },
    args: {
      only: {
        type: "string",
        alias: "o",
        description: "container, workspace or all; without it all",
        valueHint: "PART",
      },
    },
  }),
  async run({ only = "all", _: words }: { only?: string; _: string[] }) {
    const part = only.toLowerCase();
    if (!PARTS.includes(part) || words.length > 0)
      throw usageError(NAME, `Expected ${PARTS.join(", ")}, got ${JSON.stringify([only, ...words].at(-1))}`);
    if (!isRoot()) throw new AiDockError("Expected root, got another user; nothing is changed");
    const env = await bootEnvironment();
    const fixed: Fixed[] = [];
    if (part !== "workspace") fixed.push(...fixContainer({ all: isCompat(env) }));
    if (part !== "container") fixed.push(...workspace(env));
    for (const { what, changes } of fixed) {
      print(`${what}: ${changes.changed} changed`);
      for (const failure of changes.failed) note(failure);
    }
    return fixed.some(({ changes }) => changes.failed.length > 0) ? ExitCode.failure : ExitCode.ok;
  },
};

/** A workspace in the container goes with it, and a file system without owners cannot be changed. */
function workspace(env: Record<string, string>): Fixed[] {
  const { WORKSPACE, WORKSPACE_MOUNTED, WORKSPACE_PERMISSIONS, WORKSPACE_UID, WORKSPACE_GID } = env;
  const isChangeable = WORKSPACE_MOUNTED === "true" && WORKSPACE_PERMISSIONS !== "false";
  if (isChangeable && WORKSPACE !== undefined)
    return fixWorkspace(WORKSPACE.replace(/(?<=.)\/+$/, ""), {
      uid: Number(WORKSPACE_UID),
      gid: Number(WORKSPACE_GID),
    });
  const reason = WORKSPACE_MOUNTED === "true" ? "its file system has no owners" : "no mount";
  print(`${WORKSPACE ?? "workspace"}: left alone (${reason})`);
  return [];
}

export default command;
