import { workspaceOf } from "../../env/workspace.ts";
import { logFile, MEGABYTE, type Observed, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { accountOf } from "../account/account.ts";
import { mappingsObstacle } from "./mappings.ts";
import { MAPPINGS } from "./paths.ts";

/** As in images of 2024: before the apps. */
const PRIORITY = 50;

/** Links files of the storage into apps as they come: this executable, as the account where there is one. */
export function storageProgram(env: Record<string, string>): ProgramSpec {
  const account = accountOf(env);
  const workspace = workspaceOf(env);
  const skipped = whyNot(workspace);
  return {
    ...programDefaults,
    name: "storagemonitor",
    group: "storagemonitor",
    aliases: [],
    command: [process.execPath, "storagemonitor", `--workspace=${workspace}`],
    ...(account === undefined ? {} : { user: account.name }),
    onlyEnvironment: true,
    environment: { PATH: DEFAULT_PATH, LANG: "C.UTF-8" },
    exitcodes: [0],
    dependsOn: [],
    autorestart: "unexpected",
    priority: PRIORITY,
    stopwaitsecs: 5,
    stdout: { ...logFile("storagemonitor"), maxBytes: 10 * MEGABYTE, backups: 1 },
    stderr: "stdout",
    containerLimit: { burstBytes: MEGABYTE, bytesPerSecond: 16 * 1024 },
    observe: observeLinks,
    prepare: async () => whyNot(workspace),
    ...(skipped === undefined ? {} : { skipped }),
    origin: { kind: "builtin" },
  };
}

function whyNot(workspace: string): string | undefined {
  const obstacle = mappingsObstacle(MAPPINGS);
  if (obstacle === undefined)
    return isSilent(`${workspace}storage`) ? `"${workspace}" did not answer at boot` : undefined;
  return obstacle === "missing" ? `the image has no ${MAPPINGS}` : obstacle.reason;
}

/** The last summary is its line in `status`. */
function observeLinks({ note }: Observed) {
  const decoder = new TextDecoder();
  return {
    onOutput(this: void, chunk: Uint8Array) {
      const summary = /^Links: .*$/gm;
      const last = decoder.decode(chunk, { stream: true }).match(summary)?.at(-1);
      if (last !== undefined) note(last.toLowerCase());
    },
  };
}
