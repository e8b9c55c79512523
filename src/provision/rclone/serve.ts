import { mkdtempSync, rmSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { sendSignal, spawnChild } from "../../sys/children.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import { findProgram } from "../../sys/which.ts";
import { DownloadError } from "../download/error.ts";
import { environmentFor, type Environment, failure, rclone } from "./process.ts";

const START_SECONDS = 60;
const LOOK_MILLISECONDS = 20;
/** What rclone gets between SIGTERM and SIGKILL. */
const END_MILLISECONDS = 2000;
const LONGEST_WORDS = 4096;

/**
 * A folder of a remote by HTTP on a unix socket that only this user can reach. rclone gives ranges there, so that its
 * files are downloaded, resumed and checked as all others.
 */
export class ServedFolder implements AsyncDisposable {
  readonly socket: string;
  readonly #directory: string;
  readonly #child: ReturnType<typeof spawnChild>;
  readonly #stderr: Promise<string>;

  private constructor(folder: string, env: Environment) {
    const own = environmentFor(folder, env);
    const words = ["serve", "http", "--addr", "unix://", "--read-only", "--", folder];
    this.#directory = mkdtempSync(placeForSockets());
    this.socket = `${this.#directory}/http.sock`;
    words[3] = `unix://${this.socket}`;
    try {
      // An rclone whose downloader was killed has nobody left to serve.
      const setpriv =
        findProgram("setpriv", own["PATH"]) === undefined ? [] : ["setpriv", "--pdeathsig", "TERM", "--"];
      const command = [...setpriv, ...rclone(own, ...words)];
      this.#child = spawnChild({ command, env: own, stdout: "ignore", stderr: "pipe" });
    } catch (error) {
      rmSync(this.#directory, { recursive: true, force: true });
      throw error;
    }
    this.#stderr = lastWords(this.#child.stderr);
  }

  /** Starts rclone and waits until it serves. Throws DownloadError. */
  static async start(folder: string, env: Environment, signal: AbortSignal): Promise<ServedFolder> {
    const served = new ServedFolder(folder, env);
    try {
      await served.#untilReady(folder, signal);
      return served;
    } catch (error) {
      await served[Symbol.asyncDispose]();
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) sendSignal(-this.#child.pid, "TERM");
    await Promise.race([this.#child.exited, Bun.sleep(END_MILLISECONDS)]);
    if (this.isRunning) sendSignal(-this.#child.pid, "KILL");
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #untilReady(folder: string, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + START_SECONDS * 1000;
    while (statSync(this.socket, { throwIfNoEntry: false }) === undefined) {
      if (signal.aborted) throw new DownloadError("aborted", `"rclone:${folder}": interrupted`);
      if (!this.isRunning) throw failure(folder, "network", await this.#stderr);
      if (performance.now() > deadline)
        throw failure(folder, "network", `no start within ${START_SECONDS} s`);
      await delay(LOOK_MILLISECONDS);
    }
  }
}

/** Below the runtime directory, or where there is none, below the one for temporary files; both made with mode 0700. */
function placeForSockets(): string {
  const place = runtimePath("rclone-");
  return statSync(place.slice(0, place.lastIndexOf("/")), { throwIfNoEntry: false })?.isDirectory() === true
    ? place
    : "/tmp/ai-dock-rclone-";
}

async function lastWords(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream)
    text = (text + decoder.decode(chunk, { stream: true })).slice(-LONGEST_WORDS);
  return text;
}
