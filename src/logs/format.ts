import { NEWLINE } from "./lines.ts";

/** Format of the container's output: `name | line`, the bytes alone, or a JSON object per line. */
export type OutputFormat = "prefix" | "plain" | "json";
export type OutputStream = "stdout" | "stderr";

/**
 * Turns a block of whole lines into what is written; `partial` where the one line is not finished yet. The result
 * may be overwritten by the next call.
 */
export type BlockFormat = (block: Uint8Array, partial?: boolean) => Uint8Array;

/** Returns the formatter for blocks of one program's stream. */
export function blockFormat(format: OutputFormat, name: string, stream: OutputStream): BlockFormat {
  if (format === "plain") return (block) => block;
  if (format === "json")
    return (block, partial) =>
      formatJson(block, () => ({ time: new Date().toISOString(), name, stream }), partial);
  const prefix = Buffer.from(`${name} | `);
  return (block) => insertPrefix(block, prefix);
}

/** Shared by all blocks: a buffer that is in the CPU's cache halves the cost of the copy. */
let scratch: Buffer = Buffer.allocUnsafe(128 * 1024);
/** A larger scratch buffer, which a block of very short lines needs, is not kept. */
const MAX_SCRATCH = 512 * 1024;

/** Puts the prefix before every line of a block that ends with a newline. */
function insertPrefix(block: Uint8Array, prefix: Buffer): Uint8Array {
  // Buffer.copy takes ranges, so that no line costs an object; half the time of set(subarray()).
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  let out = scratch;
  let at = 0;
  for (let start = 0; start < bytes.byteLength;) {
    const end = bytes.indexOf(NEWLINE, start) + 1;
    const needed = at + prefix.byteLength + end - start;
    if (needed > out.byteLength) out = grow(out, at, needed);
    at += prefix.copy(out, at);
    at += bytes.copy(out, at, start, end);
    start = end;
  }
  if (out.byteLength <= MAX_SCRATCH) scratch = out;
  return out.subarray(0, at);
}

function grow(buffer: Buffer, used: number, needed: number): Buffer {
  const grown = Buffer.allocUnsafe(2 * needed);
  buffer.copy(grown, 0, 0, used);
  return grown;
}

/** An object a line: what `fields` gives, `line`, and `partial` where the line is not finished yet. */
export function formatJson(block: Uint8Array, fields: () => object, partial = false): Uint8Array {
  const shared = fields();
  const lines = new TextDecoder().decode(block).split("\n");
  lines.pop();
  const objects = lines.map((line) => ({ ...shared, line, ...(partial ? { partial } : {}) }));
  return Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(""));
}
