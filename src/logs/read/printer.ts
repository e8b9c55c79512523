import { blockFormat, type BlockFormat, type OutputFormat } from "../format.ts";
import { LineSplitter } from "../lines.ts";
import type { LogName } from "../names.ts";

/** Shows one log: whole lines, formatted. */
export interface Printer {
  push(bytes: Uint8Array): void;
  /** The unfinished line, with a newline. */
  end(): void;
}

/** Formats the bytes of a log and passes them on to `write`, which must be done with them when it returns. */
export function linePrinter(log: LogName, format: OutputFormat, write: (bytes: Uint8Array) => void): Printer {
  const splitter = new LineSplitter();
  const formatBlock = format === "json" ? jsonLines(log) : blockFormat(format, log.name, log.stream);
  const put = (block: Uint8Array) => {
    if (block.byteLength > 0) write(formatBlock(block));
  };
  return { push: (bytes) => put(splitter.push(bytes)), end: () => put(splitter.end()) };
}

/** Files hold no times, so neither do these objects. */
function jsonLines({ name, stream }: LogName): BlockFormat {
  return (block) => {
    const lines = new TextDecoder().decode(block).split("\n");
    lines.pop();
    return Buffer.from(lines.map((line) => `${JSON.stringify({ name, stream, line })}\n`).join(""));
  };
}
