import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { readSettings } from "../../env/load.ts";
import { workspaceFolders } from "../../env/workspace.ts";
import { ExitCode, messageOf } from "../../errors.ts";
import { type Check, failed, type CheckResult, type DoctorContext } from "../../features/check.ts";
import { configurationCheck, supervisorCheck } from "../doctor.ts";
import { accountCheck } from "../../features/account/check.ts";
import { gpuCheck } from "../../features/gpus/check.ts";
import { optSyncCheck } from "../../features/opt-sync/check.ts";
import { platformCheck } from "../../features/platform/check.ts";
import { provisioningCheck } from "../../features/provisioning/check.ts";
import { remotesCheck } from "../../features/remotes/check.ts";
import { sshCheck } from "../../features/ssh/check.ts";
import { storageCheck } from "../../features/storage/check.ts";
import { threadsCheck } from "../../features/threads/check.ts";
import { tunnelsCheck } from "../../features/tunnels/check.ts";
import { webCheck } from "../../features/web/check.ts";
import { workspaceCheck } from "../../features/workspace/check.ts";
import { effectiveEnvironment, orUndefinedWithoutSupervisor } from "../effective-environment.ts";
import { leaveAlone, silentMounts } from "../../sys/silent-mounts.ts";
import type { Command } from "../command.ts";
import { printJson, printTable, type Style } from "../print.ts";

/** For network mounts to answer; no check touches one that does not. */
const PATIENCE_MILLISECONDS = 5000;

const HOMES = "/home";

const checks: Check[] = [
  supervisorCheck,
  configurationCheck,
  sshCheck,
  workspaceCheck,
  accountCheck,
  optSyncCheck,
  storageCheck,
  gpuCheck,
  threadsCheck,
  remotesCheck,
  webCheck,
  tunnelsCheck,
  provisioningCheck,
  platformCheck,
];

const command: Command = {
  definition: defineCommand({
    meta: {
      name: "ai-dock doctor",
      description: "Look for what this container cannot do, why, and what mends it; exit code 1 for an error",
    },
    args: { json: { type: "boolean", description: "Print JSON" } },
  }),
  async run({ json }: { json?: boolean }) {
    const context = await examine();
    const results = (await Promise.all(checks.map((check) => look(check, context)))).flat();
    if (json) printJson(results);
    else printResults(results);
    return results.some(({ status }) => status === "error") ? ExitCode.failure : ExitCode.ok;
  },
};

export default command;

/** Runs a check; a check that throws, mostly for want of rights, does not stop the others. */
async function look(check: Check, context: DoctorContext): Promise<CheckResult[]> {
  try {
    return await check(context);
  } catch (error) {
    return [failed("doctor", messageOf(error), "docker exec --user 0")];
  }
}

async function examine(): Promise<DoctorContext> {
  const [{ env }, status] = await Promise.all([
    effectiveEnvironment(),
    orUndefinedWithoutSupervisor(control.status()),
  ]);
  const silent = await silentMounts([...workspaceFolders(env), HOMES], PATIENCE_MILLISECONDS);
  leaveAlone(silent);
  if (silent.length > 0) (await import("../../sys/ask-mounts.ts")).endQuestions();
  return { env, settings: readSettings(env).settings, status };
}

const styles: Record<CheckResult["status"], Style> = { ok: "green", warning: "yellow", error: "red" };

function printResults(results: CheckResult[]): void {
  const rows = results.flatMap(({ fix, ...row }) => [
    row,
    ...(fix === undefined ? [] : [{ name: "", status: undefined, message: `→ ${fix}` }]),
  ]);
  printTable(rows, [
    { text: ({ status = "" }) => status, style: ({ status }) => status && styles[status] },
    { text: ({ name }) => name },
    { text: ({ message }) => message },
  ]);
}
