import { createInterface, type Key, type ReadLineOptions } from "node:readline";

/**
 * Reads one line from the terminal; undefined for Ctrl-D and Ctrl-C. The terminal keeps its mode. Text that was pasted
 * behind the line is put back into stdin for the next reader: the prompt, a question, or `fg`.
 */
export async function readLine(
  question: string,
  options: Partial<ReadLineOptions> = {},
): Promise<string | undefined> {
  const { stdin, stdout } = process;
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const lines = createInterface({ input: stdin, output: stdout, ...options });
  const behind: Key[] = [];
  let ended = false;
  // Runs after readline's own listener, also for the key that ends the line.
  const collect = (_: unknown, key: Key) => {
    if (ended) behind.push(key);
  };
  stdin.on("keypress", collect);
  lines.on("close", () => resolve(undefined));
  lines.question(question, (line) => {
    ended = true;
    resolve(line);
    // At once: readline would echo and swallow the rest of the same read.
    lines.close();
  });
  const line = await promise;
  lines.close();
  stdin.off("keypress", collect);
  const text = textOf(behind);
  if (text !== "") stdin.unshift(text);
  return line;
}

/** The text of keys, without the key that ended the line; `\r\n` counts as two keys. */
function textOf([end, ...keys]: Key[]): string {
  if (end?.name === "return" && keys[0]?.name === "enter") keys.shift();
  return keys.map(({ sequence }) => sequence ?? "").join("");
}
