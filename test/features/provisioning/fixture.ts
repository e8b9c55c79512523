import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Timing } from "../../../src/features/provisioning/download.ts";
import { provision } from "../../../src/features/provisioning/provision.ts";
import { messageOf } from "../../../src/errors.ts";
import { bootContext } from "../context-fixture.ts";

/** A busy machine makes no server hung or slow: a test that is about one says what counts as such. */
export const timing: Timing = { idle: 60_000, retries: [5, 5], progress: 60_000 };

interface BootOptions {
  env?: Record<string, string>;
  signal?: AbortSignal;
  force?: boolean;
  source?: string;
  timing?: Timing;
}

/** A container's worth of directories, and provisioning in it. */
export function machine() {
  const root = mkdtempSync(join(tmpdir(), "provision-"));
  const paths = { directory: join(root, "bin"), fallback: join(root, "run"), stamp: join(root, "lib/stamp") };
  const script = join(paths.directory, "provisioning.sh");
  mkdirSync(paths.directory);
  return {
    root,
    paths,
    script,
    read: () => readFileSync(script, "utf8"),
    write: (content: string, mode = 0o700) => {
      writeFileSync(script, content);
      chmodSync(script, mode);
    },
    /** What the step said, what the script printed and left in the environment. */
    boot: async (settings: Record<string, string> = {}, given: BootOptions = {}) => {
      const { env = {}, signal, ...options } = given;
      const context = bootContext(settings, env, signal);
      const run = provision(context, { paths, timing, ...options });
      const message = await run.then((result) => result?.message, messageOf);
      return { message, output: context.output["provisioning"], lines: context.lines, env: context.env };
    },
  };
}
