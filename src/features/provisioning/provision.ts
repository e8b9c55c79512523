import type { BootContext, StepResult } from "../step.ts";
import { AiDockError } from "../../errors.ts";
import { ensureDirectory, readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { findHook } from "../hooks/find.ts";
import { runHook, scratchDirectory } from "../hooks/run.ts";
import { defaultTiming, type Timing } from "./download.ts";
import { type Obtained, obtain } from "./obtain.ts";
import { defaultPaths, type ProvisioningPaths, SCRIPT_NAME } from "./paths.ts";
import { parseSource, sha256Of } from "./source.ts";
import { provisioningUser } from "./user.ts";

export interface ProvisionOptions {
  /** URL or path of a script to run this once instead; its checksum is then not checked. */
  source?: string;
  /** Runs the script even when PROVISIONING_ONCE is set and it has not changed. */
  force?: boolean;
  paths?: ProvisioningPaths;
  timing?: Timing;
}

const NAME = "provisioning";

/**
 * Fetches the provisioning script and runs the script. When the fetch fails, an older script in place runs all the same.
 * Undefined when there is nothing to run. Throws AiDockError when the fetch or the script failed.
 */
export async function provision(context: BootContext, options: ProvisionOptions = {}) {
  const { settings, log, signal } = context;
  const paths = options.paths ?? defaultPaths();
  if (options.source !== undefined) return provisionOnce(context, options.source, paths, options.timing);
  const sha256 = settings.PROVISIONING_SHA256;
  const { path, failure } = await locate(context, { ...options, paths, sha256 });
  if (signal.aborted) return undefined;
  if (path === undefined && failure === undefined) return undefined;
  if (path === undefined) throw failed(`PROVISIONING_SCRIPT: ${failure}; nothing is run`);
  if (failure !== undefined) log.warn(`PROVISIONING_SCRIPT: ${failure}; running the one that was there`);
  const checksum = await sha256Of(path);
  if (sha256 !== undefined && checksum !== sha256)
    throw failed(`PROVISIONING_SHA256: expected "${sha256}", got "${checksum}" of "${path}"; it is not run`);
  if (settings.PROVISIONING_ONCE && options.force !== true && lastRun(paths.stamp) === checksum)
    return { message: "Provisioning script has not changed; not run", fields: { script: path } };
  const result = await run(context, path);
  if (result === undefined) return undefined;
  if (settings.PROVISIONING_ONCE) stamp(context, paths.stamp, checksum);
  if (failure !== undefined)
    throw failed("Provisioning: ran an older script, as the wanted one could not be had");
  return result;
}

/** Runs another script once, from a scratch directory: the script of the boot stays in place. */
async function provisionOnce(
  context: BootContext,
  source: string,
  paths: ProvisioningPaths,
  timing: Timing = defaultTiming,
): Promise<StepResult | undefined> {
  using scratch = scratchDirectory();
  const folders = { ...paths, directory: scratch.path, fallback: scratch.path };
  const { path, failure } = await obtain(context, { source, sha256: undefined, paths: folders, timing });
  if (context.signal.aborted) return undefined;
  if (path === undefined) throw failed(`Provisioning: ${failure}; nothing is run`);
  return await run(context, path, parseSource(source)?.label);
}

function locate(
  context: BootContext,
  options: ProvisionOptions & { paths: ProvisioningPaths; sha256: string | undefined },
): Obtained | Promise<Obtained> {
  const { paths, sha256, timing = defaultTiming } = options;
  const source = context.settings.PROVISIONING_SCRIPT;
  if (source !== undefined) return obtain(context, { source, sha256, paths, timing });
  const path = findHook(SCRIPT_NAME, context.env["PATH"], paths.directory);
  return path === undefined ? {} : { path };
}

/** Runs the script at `path`, named `shown` in messages. Undefined when the container stops meanwhile. */
async function run(context: BootContext, path: string, shown = path): Promise<StepResult | undefined> {
  const timeout = context.settings.PROVISIONING_TIMEOUT;
  const user = provisioningUser(context);
  const as = user === undefined ? {} : { user: user.name };
  context.log.info("Running the provisioning script", { script: shown, ...as });
  const { code, milliseconds, exported } = await runHook(context, { name: NAME, path, timeout, user });
  if (context.signal.aborted) return undefined;
  if (timeout > 0 && milliseconds >= timeout * 1000)
    throw failed(
      `PROVISIONING_TIMEOUT: expected "${shown}" to end within ${timeout} s, got no end; it was ended and boot goes on`,
    );
  if (code !== 0)
    throw failed(
      `Provisioning: expected exit code 0 of "${shown}", got "${code}" after ${milliseconds} ms; boot goes on`,
    );
  return { message: "Provisioning done", fields: { script: shown, code, exported } };
}

const failed = (message: string) => new AiDockError(message, { code: "E_PROVISIONING" });

const lastRun = (path: string) => readIfExists(path)?.trim();

/** Notes which script has run; without the note, the script runs again at the next boot. */
function stamp({ log }: BootContext, path: string, checksum: string): void {
  try {
    ensureDirectory(path.slice(0, path.lastIndexOf("/")));
    writeFileAtomic(path, `${checksum}\n`);
  } catch {
    log.warn(
      `PROVISIONING_ONCE: expected a writable "${path}", got none; the script runs at the next boot again`,
    );
  }
}
