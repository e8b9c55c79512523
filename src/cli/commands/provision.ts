import { defineCommand } from "citty";
import { control } from "../../control/client.ts";
import { markProvisioning } from "../../control/provisioning-lock.ts";
import { requireRunning } from "../../control/context.ts";
import { ExitCode } from "../../errors.ts";
import { readSettings } from "../../env/load.ts";
import { provisionAgain } from "../../features/provisioning/rerun.ts";
import { provisioningUser } from "../../features/provisioning/user.ts";
import { runOutsideBoot } from "../../init/outside-boot.ts";
import { type Command, usageError } from "../command.ts";
import { effectiveEnvironment } from "../effective-environment.ts";

interface ProvisionArgs {
  _: string[];
  json?: boolean;
}

const NAME = "ai-dock provision";
const actions = ["check", "plan", "apply", "status"] as const;
type Action = (typeof actions)[number];

const command: Command = {
  definition: defineCommand({
    meta: {
      name: NAME,
      description:
        "Check, plan or apply the manifests of the container (or MANIFEST: a file, a URL or the text itself), or show how its items stand; without one of these words, run the provisioning script again, or another one, with the boot environment. Exit code 78: the manifest has mistakes, 1: an item failed, 6: only optional ones did",
    },
    args: {
      action: {
        type: "positional",
        required: false,
        description:
          "check, plan, apply or status; or URL or FILE; or download, with SOURCE TARGET, for one file now",
      },
      source: { type: "positional", required: false, description: "MANIFEST" },
      json: { type: "boolean", description: "Print JSON" },
    },
  }),
  async run(args: ProvisionArgs) {
    // As long as this command runs, the container is not idle.
    using _ = args._[0] === "status" ? undefined : markProvisioning();
    return await provision(args);
  },
};

export default command;

async function provision({ _: [first, second, ...more], json = false }: ProvisionArgs): Promise<number> {
  if (first === "download") {
    const { downloadNow } = await import("./provision-download.ts");
    return await downloadNow([second, ...more]);
  }
  const action = actions.find((word) => word === first);
  if (more.length > 0 || (action === undefined && second !== undefined))
    throw usageError(NAME, `Expected one of ${actions.join(", ")} and a manifest, or one script`);
  if (action !== undefined) return runAction(action, second, json);
  if (first !== undefined && isManifest(first)) return runAction("apply", first, json);
  return runScript(first);
}

const isManifest = (source: string) => /\.(ya?ml|json)(\?.*)?$/i.test(source);

async function runAction(action: Action, given: string | undefined, json: boolean): Promise<number> {
  if (action === "status") return (await import("../provision/status.ts")).provisioningStatus(json);
  const { interruptSignal } = await import("../provision/subject.ts");
  const { env } = await effectiveEnvironment();
  const { settings } = readSettings(env);
  const log = { warn: (line: string) => void process.stderr.write(`${line}\n`) };
  const user = action === "check" ? undefined : provisioningUser({ env, settings, log });
  const subject = { env, given, json, signal: interruptSignal(), user };
  if (action === "check") return (await import("../provision/check.ts")).checkManifest(subject);
  if (action === "plan") return (await import("../provision/plan.ts")).planManifest(subject);
  return (await import("../provision/apply.ts")).applyManifest(subject);
}

async function runScript(source: string | undefined): Promise<number> {
  requireRunning((await control.status()).phase);
  const { env } = await control.environment();
  return runOutsideBoot("provisioning", env, async (context) => {
    const result = await provisionAgain(context, source, async (changes) => {
      return (await control.changeEnvironment(changes)).env;
    });
    if (context.signal.aborted) return ExitCode.failure;
    context.log.info(result?.message ?? "Nothing to run: PROVISIONING_SCRIPT is not set", result?.fields);
    return ExitCode.ok;
  });
}
