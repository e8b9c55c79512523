import { closeSync } from "node:fs";
import type { ContainerOutput, ContainerStream } from "./container.ts";
import type { OutputStream } from "../format.ts";
import { type Limit, limitStream } from "./limit.ts";
import type { LogFile } from "./log-file.ts";

export interface PumpOptions {
  name: string;
  stream: OutputStream;
  file: LogFile | null;
  container: ContainerOutput | null;
  /** Limit for the copy to the container's output; the file gets everything. */
  limit?: Limit;
  /** Called with every chunk before the chunk is written. */
  onChunk?: (chunk: Uint8Array) => void;
}

/**
 * Copies a program's output from the read end of its pipe to its log file and the container's output, and closes `fd`.
 * Resolves when the last writer has closed the pipe and all bytes are written; never rejects. Throws when the pipe
 * cannot be read at all.
 */
export function pumpOutput(fd: number, options: PumpOptions): Promise<void> {
  let reader: Reader;
  try {
    reader = openReader(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return pump(reader, options).finally(() => closeSync(fd));
}

type Reader = ReturnType<typeof openReader>;

function openReader(fd: number) {
  return Bun.file(fd).stream().getReader();
}

async function pump(reader: Reader, options: PumpOptions): Promise<void> {
  const { name, stream, file, container, limit } = options;
  const whole = container?.open(name, stream);
  const output = whole && limit ? limitStream(whole, limit) : whole;
  file?.open();
  for (;;) {
    // Reading a pipe does not fail; should a read fail all the same, the stream counts as ended.
    const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }));
    if (done || value === undefined) break;
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
    // An error of an observer must not end the output.
  }
  file?.write(chunk);
  return output?.write(chunk) ?? undefined;
}
