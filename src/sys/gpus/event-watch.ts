import { messageOf } from "../../errors.ts";
import { logger } from "../../log.ts";
import { childExit, sendSignal, spawnChild } from "../children.ts";
import { ownCommand } from "../own-command.ts";
import { DEFAULT_PATH } from "../which.ts";
import { type GpuEvent, objectIn } from "./protocol.ts";

export interface EventWatchOptions {
  onEvent: (event: GpuEvent) => void;
  /** Before a process that has ended is started anew. */
  pauseMilliseconds?: number;
  /** The library of NVIDIA's driver, in place of the one that the loader finds. */
  library?: string;
}

const PAUSE_MILLISECONDS = 600_000;

const log = logger("gpus");

/**
 * Waits for error events (Xid) of NVIDIA's GPUs in a process of its own, which NVML holds up until there is one. Where the driver
 * tells none, the process ends and none takes its place. The result ends it.
 */
export function watchGpuEvents(options: EventWatchOptions): () => void {
  const { onEvent, pauseMilliseconds = PAUSE_MILLISECONDS, library } = options;
  let isOver = false;
  let timer: Timer | undefined;
  let child: ReturnType<typeof start> | undefined;
  const again = () => {
    if (!isOver) timer = setTimeout(() => void run(), pauseMilliseconds).unref();
  };
  const run = async () => {
    try {
      child = start(library);
    } catch {
      // No process can be started now.
      return again();
    }
    child.unref();
    const own = child;
    await readLines(own.stdout, (line) => {
      const event = objectIn(line) as GpuEvent | undefined;
      if (event === undefined || isOver) return;
      try {
        onEvent(event);
      } catch (error) {
        log.error(`an error event of a GPU cannot be told: ${messageOf(error)}`);
      }
    });
    await own.exited;
    if (childExit(own).code !== 0) again();
    return undefined;
  };
  void run();
  return () => {
    isOver = true;
    clearTimeout(timer);
    if (child !== undefined && child.exitCode === null && child.signalCode === null)
      sendSignal(-child.pid, "KILL");
  };
}

function start(library: string | undefined) {
  return spawnChild({
    command: [
      ...ownCommand(),
      "gpu-reader",
      "--events",
      ...(library === undefined ? [] : [`--library=${library}`]),
    ],
    // As for the process that reads GPUs: neither LD_LIBRARY_PATH nor a working directory that others write to.
    env: { PATH: DEFAULT_PATH },
    cwd: "/",
    stdout: "pipe",
    stderr: "ignore",
  });
}

/** Calls back with each line until the end; what cannot be read any more has ended. */
async function readLines(stream: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of stream) {
      const lines = (text + decoder.decode(chunk, { stream: true })).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    }
  } catch {
    // The process has ended.
  }
}
