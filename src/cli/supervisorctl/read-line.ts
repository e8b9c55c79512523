import { createInterface, type Key, type ReadLineOptions } from "node:readline";

/**
 * One line from the terminal, which is as it was before and after; undefined for Ctrl-D and Ctrl-C.
 * What was pasted behind the line is for whoever reads next: the prompt, a question, `fg`.
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
  // Told of every key after readline, the one that ends the line among them.
  const collect = (_: unknown, key: Key) => {
    if (ended) behind.push(key);
  };
  stdin.on("keypress", collect);
  lines.on("close", () => resolve(undefined));
  lines.question(question, (line) => {
    ended = true;
    resolve(line);
    // Not later: what came in the same read would be echoed here, and be lost.
    lines.close();
  });
  const line = await promise;
  lines.close();
  stdin.off("keypress", collect);
  const text = textOf(behind);
  if (text !== "") stdin.unshift(text);
  return line;
}

/** Without the key that ended the line, which `\r\n` takes two for. */
function textOf([end, ...keys]: Key[]): string {
  if (end?.name === "return" && keys[0]?.name === "enter") keys.shift();
  return keys.map(({ sequence }) => sequence ?? "").join("");
}
