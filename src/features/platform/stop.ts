import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Logger, LogLevel } from "../../log.ts";
import { sendSignal, spawnChild } from "../../sys/children.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { type PlatformKind, platforms } from "./platforms.ts";

/** The sources, where they run themselves. */
const MAIN = join(import.meta.dir, "../../main.ts");

/** Longer than the process gives the cloud: the limit of a process that hangs as a whole. */
const LONGEST_MILLISECONDS = 400_000;

/** What the process takes over of the environment, beside the id and the key. */
const PASSED =
  /^(?:(?:https?|all|no)_proxy|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|LANG|RESOLV_|RES_OPTIONS|LOCALDOMAIN)$/i;

export interface StopOptions {
  /** Ends the asking; the result is "failed". */
  signal: AbortSignal;
  log: Logger;
  /** Instead of /etc/ai-dock/platform-api; of tests. */
  apiFile?: string;
}

/**
 * Asks the cloud by its own API to stop this container, with the key that the cloud has put into the environment; again
 * with growing pauses for five minutes at most. Logs one line for each failure. "accepted": the cloud has agreed; its
 * SIGTERM follows, after seconds or minutes, if ever. Destroys nothing: an instance that is stopped keeps its disk.
 *
 * A process of its own does so: TLS and a cloud's certificates take PID 1 megabytes that it would never give back. Key and
 * id reach that process in its environment, which other users cannot read.
 */
export async function stopByPlatform(
  kind: PlatformKind,
  env: Readonly<Record<string, string>>,
  { signal, log, apiFile }: StopOptions,
): Promise<"accepted" | "failed"> {
  if (signal.aborted) return "failed";
  const { name, idVariable, keyVariable } = platforms[kind];
  const own = new Set([idVariable, keyVariable]);
  const passed = Object.entries(env).filter(([variable]) => own.has(variable) || PASSED.test(variable));
  const self = existsSync(MAIN) ? [process.execPath, MAIN] : [process.execPath];
  const file = apiFile === undefined ? [] : [`--api-file=${apiFile}`];
  const child = spawnChild({
    command: [...self, "platform-stop", kind, ...file],
    env: { PATH: DEFAULT_PATH, ...Object.fromEntries(passed) },
    cwd: "/",
    stdout: "pipe",
    stderr: "ignore",
  });
  const kill = () => void sendSignal(-child.pid, "KILL");
  const timer = setTimeout(kill, LONGEST_MILLISECONDS);
  signal.addEventListener("abort", kill);
  const lines = await logLines(child.stdout, log);
  const code = await child.exited;
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  if (code === 0) return "accepted";
  if (lines === 0 && !signal.aborted)
    log.error(`${name}: expected the process that asks for the stop to end by itself, got exit code ${code}`);
  return "failed";
}

/** Logs lines `LEVEL TEXT`; resolves to how many there were. */
async function logLines(stream: ReadableStream<Uint8Array>, log: Logger): Promise<number> {
  const decoder = new TextDecoder();
  let [held, count] = ["", 0];
  for await (const chunk of stream) {
    const lines = (held + decoder.decode(chunk, { stream: true })).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) {
      const [, level, text] = /^(info|warn|error) (.+)$/.exec(line) ?? [];
      if (level === undefined || text === undefined) continue;
      log[level as LogLevel](text);
      count++;
    }
  }
  return count;
}
