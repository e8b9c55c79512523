import { closeSync } from "node:fs";
import type { ContainerOutput, ContainerStream } from "./container.ts";
import type { OutputStream } from "./format.ts";
import type { LogFile } from "./log-file.ts";

/** A pump that was told to stop ends when nothing has come for this long … */
const QUIET_MS = 20;
/** … or after this long, when it never gets quiet. */
const STOP_LIMIT_MS = 500;

export interface PumpOptions {
  name: string;
  stream: OutputStream;
  file: LogFile | null;
  container: ContainerOutput | null;
  /** Sees every chunk before it is written. */
  onChunk?: (chunk: Uint8Array) => void;
}

export interface Pump {
  /** Resolves when the pipe has ended (or was given up) and all of it is written. Never rejects. */
  done: Promise<void>;
  /** Gives the pipe up although someone still holds its other end; what it holds now is still written. */
  stop(): void;
}

/** Moves the output of a program from the read end of its pipe to its log file and the container's output. */
export function pumpOutput(fd: number, options: PumpOptions): Pump {
  const reader = openReader(fd);
  const state = { waitingSince: 0 };
  let stopping = false;
  return {
    done: pump(reader, options, state).finally(() => closeSync(fd)),
    stop() {
      if (stopping) return;
      stopping = true;
      const limit = performance.now() + STOP_LIMIT_MS;
      const endWhenQuiet = () => {
        const now = performance.now();
        const quiet = state.waitingSince !== 0 && now - state.waitingSince >= QUIET_MS;
        if (quiet || now >= limit) void reader.cancel();
        else setTimeout(endWhenQuiet, QUIET_MS);
      };
      setTimeout(endWhenQuiet, QUIET_MS);
    },
  };
}

type Reader = ReturnType<typeof openReader>;

function openReader(fd: number) {
  return Bun.file(fd).stream().getReader();
}

async function pump(reader: Reader, options: PumpOptions, state: { waitingSince: number }): Promise<void> {
  const { name, stream, file, container } = options;
  const output = container?.open(name, stream);
  file?.open();
  for (;;) {
    state.waitingSince = performance.now();
    // A pipe cannot fail; if it does all the same, that is its end.
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) break;
    state.waitingSince = 0;
    const wait = pass(value, options, file, output);
    if (wait !== undefined) await wait;
  }
  output?.end();
}

function pass(
  chunk: Uint8Array,
  { onChunk }: PumpOptions,
  file: LogFile | null,
  output: ContainerStream | undefined,
): Promise<void> | undefined {
  try {
    onChunk?.(chunk);
  } catch {
    // Whoever watches the output must not be able to end it.
  }
  file?.write(chunk);
  return output?.write(chunk) ?? undefined;
}
