import { blockFormat, type BlockFormat, formatJson, type OutputFormat } from "../format.ts";
import { LineStream, startsWith } from "../line-stream.ts";
import type { LogName } from "../names.ts";

/** Shows one log: whole lines, formatted. */
export interface Printer {
  push(bytes: Uint8Array): void;
  /** The unfinished line, with a newline. */
  end(): void;
}

export interface ScreenOptions {
  format: OutputFormat;
  /** Must be done with the bytes when it returns. */
  write: (bytes: Uint8Array) => void;
  /** Columns of the terminal, to redraw a line in its place; 0 where there is none. */
  columns: number;
  unfinishedMs?: number;
}

const LINE_END = Buffer.from("\n");
/** Back to the first column, and clear the line. */
const REDRAW = Buffer.from("\r\u001B[K");

/** Shows several logs together. An unfinished line stays open until its log goes on or another log has a line. */
export class Screen {
  readonly #options: ScreenOptions;
  /** Whose line is open, and how much of that line is there. */
  #open: { owner: Printer; bytes: number } | undefined;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  /** The way onto the screen for one log. */
  printer(log: LogName): Printer {
    const { format, write, unfinishedMs } = this.#options;
    const isJson = format === "json";
    const formatBlock = isJson ? jsonLines(log) : blockFormat(format, log.name, log.stream);
    const lines = new LineStream(
      {
        lines: (block) => {
          this.#close();
          write(formatBlock(block));
        },
        unfinished: (form, last) => {
          if (isJson) return write(formatBlock(withEnd(form), true));
          if (!this.#goesOn(printer, form, last))
            this.#begin(printer, formatBlock(withEnd(form)).subarray(0, -1));
        },
        finished: (line, shown) => {
          if (isJson) return write(formatBlock(line));
          if (!this.#goesOn(printer, line, shown)) this.#begin(printer, formatBlock(line));
          this.#open = undefined;
        },
      },
      unfinishedMs,
    );
    const printer: Printer = { push: (bytes) => lines.push(bytes), end: () => lines.end() };
    return printer;
  }

  /** Completes the open line of this log with what follows `shown`. False where that line is not there any more. */
  #goesOn(owner: Printer, form: Uint8Array, shown: Uint8Array | undefined): boolean {
    if (this.#open?.owner !== owner || shown === undefined || !startsWith(form, shown)) return false;
    this.#options.write(form.subarray(shown.byteLength));
    this.#open.bytes += form.byteLength - shown.byteLength;
    return true;
  }

  /** Shows a form of a line, in the place of the one before where the terminal allows that. */
  #begin(owner: Printer, bytes: Uint8Array): void {
    const { write, columns } = this.#options;
    // A line that takes two rows cannot be cleared by what clears one.
    if (this.#open?.owner === owner && this.#open.bytes < columns) write(REDRAW);
    else this.#close();
    this.#open = { owner, bytes: bytes.byteLength };
    write(bytes);
  }

  #close(): void {
    if (this.#open !== undefined) this.#options.write(LINE_END);
    this.#open = undefined;
  }
}

function withEnd(form: Uint8Array): Uint8Array {
  return Buffer.concat([form, LINE_END]);
}

/** Files hold no times, so neither do these objects. */
function jsonLines({ name, stream }: LogName): BlockFormat {
  return (block, partial) => formatJson(block, () => ({ name, stream }), partial);
}
