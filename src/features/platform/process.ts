import { writeSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { apiUrl } from "./api-url.ts";
import { readCredentials } from "./credentials.ts";
import { type PlatformKind, platforms } from "./platforms.ts";
import { requestStop } from "./request.ts";

export interface ProcessOptions {
  kind: PlatformKind;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
  timing?: Timing;
  /** Instead of /etc/ai-dock/platform-api. */
  apiFile?: string | undefined;
  say?(this: void, line: string): void;
}

/** Milliseconds. */
export interface Timing {
  /** For one request. */
  request: number;
  /** Before the second request; doubles from one to the next. */
  firstWait: number;
  longestWait: number;
  /** After which no further request begins. */
  whole: number;
}

const timing: Timing = { request: 20_000, firstWait: 1000, longestWait: 60_000, whole: 300_000 };

/** The least and the most of a wait that chance decides: containers that are idle together must not ask together. */
const LEAST = 0.5;

/**
 * The process `ai-dock platform-stop`: asks the cloud until it agrees, refuses for good, or the time is up. Writes lines
 * `LEVEL TEXT` for the log of its caller. Resolves to whether the cloud has agreed.
 */
export async function platformStopProcess(options: ProcessOptions): Promise<boolean> {
  const { kind, env, signal, timing: times = timing, apiFile } = options;
  const say = options.say ?? ((line: string) => void writeSync(1, `${line}\n`));
  const platform = platforms[kind];
  const found = readCredentials(kind, env);
  if ("problems" in found) {
    for (const problem of found.problems) say(`error ${problem}; ${platform.name} cannot be asked to stop`);
    return false;
  }
  const api = apiUrl(kind, apiFile);
  const { credentials } = found;
  const warn = (message: string) => say(`warn ${message}`);
  const end = performance.now() + times.whole;
  for (let pause = times.firstWait; ; pause = Math.min(2 * pause, times.longestWait)) {
    const answer = await requestStop({
      platform,
      credentials,
      api,
      env,
      timeout: times.request,
      signal,
      warn,
    });
    if (signal.aborted) return false;
    if (answer.kind === "accepted") {
      say(`info ${platform.name} stops ${platform.noun} ${credentials.id}`);
      return true;
    }
    if (answer.kind === "refused") {
      say(`error ${answer.reason}`);
      return false;
    }
    const wanted = Math.min(answer.after ?? 0, times.longestWait);
    const wait = Math.max(wanted, pause * (LEAST + Math.random() * LEAST));
    const expectation = `${platform.name}: expected an answer to the stop of ${platform.noun} ${credentials.id}`;
    if (performance.now() + wait > end) {
      say(`error ${expectation}, got ${answer.reason}; giving up`);
      return false;
    }
    warn(`${expectation}, got ${answer.reason}; asking again in ${(wait / 1000).toFixed(1)} s`);
    await delay(wait, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
  }
}
