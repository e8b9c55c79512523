import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Result {
  stdout: string;
  stderr: string;
  code: number;
}

export interface RunOptions {
  stdin?: string | Uint8Array<ArrayBuffer> | undefined;
  cwd?: string;
  env?: Record<string, string>;
}

/**
 * Distinguishes the containers and files of this test file from all others on the machine. They begin with
 * AI_DOCK_TEST_RUN where that is set, so that whoever set it can remove what an interrupted run leaves.
 */
export const RUN_ID = `${process.env["AI_DOCK_TEST_RUN"] ?? "ai-dock-test"}-${randomBytes(4).toString("hex")}`;

/** How long a condition may take to come true; generous, as a busy machine is no failure. */
const CONDITION_LIMIT_MS = 150_000;
/** How soon a condition is looked at again, at first; each look costs the processors what tests beside this one need. */
const FIRST_INTERVAL_MS = 25;
const LONGEST_INTERVAL_MS = 250;
const INTERVAL_GROWTH = 1.3;

const scratch = mkdtempSync(join(tmpdir(), `${RUN_ID}-`));
const containers = new Set<string>();
let folders = 0;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
process.on("exit", () => {
  if (containers.size > 0) Bun.spawnSync(["docker", "rm", "--force", "--volumes", ...containers]);
  rmSync(scratch, { recursive: true, force: true });
});

/** A new folder that goes away with the test run. */
export function tempFolder(): string {
  const folder = join(scratch, String(++folders));
  mkdirSync(folder);
  return folder;
}

/** Names a container that has to be gone when the test run ends, however it ends. */
export function track(container: string): void {
  containers.add(container);
}

export function untrack(container: string): void {
  containers.delete(container);
}

/** Runs a command to its end; an exit code that is not 0 is a result, not an error. */
export async function run(argv: string[], { stdin, cwd, env }: RunOptions = {}): Promise<Result> {
  await using child = Bun.spawn(argv, {
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

/** Runs a command that has to succeed, and gives its standard output without the last newline. */
export async function must(argv: string[], options: RunOptions = {}): Promise<string> {
  const { stdout, stderr, code } = await run(argv, options);
  if (code !== 0)
    throw new Error(`"${argv.join(" ")}" ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout.replace(/\n$/, "");
}

export interface WaitOptions {
  /** Told when the condition never comes true: what the test was waiting for. */
  what?: string;
  /** Told as well: the state of the world at that moment. */
  detail?: () => Promise<string> | string;
  limit?: number;
}

/** Awaits a condition: the first value of `condition` that is neither false, null nor undefined. */
export async function waitFor<T>(
  condition: () => Promise<T> | T,
  { what = "the condition", detail, limit = CONDITION_LIMIT_MS }: WaitOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const end = performance.now() + limit;
  let thrown: unknown;
  for (
    let interval = FIRST_INTERVAL_MS;
    ;
    interval = Math.min(interval * INTERVAL_GROWTH, LONGEST_INTERVAL_MS)
  ) {
    try {
      const value = await condition();
      if (value !== false && value !== null && value !== undefined)
        return value as Exclude<T, false | null | undefined>;
      thrown = undefined;
    } catch (error) {
      thrown = error;
    }
    if (performance.now() > end) break;
    await Bun.sleep(interval);
  }
  const more = detail ? `\n${await detail()}` : "";
  throw new Error(`Waited ${limit / 1000} s in vain for ${what}${more}`, { cause: thrown });
}
