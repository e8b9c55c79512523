import { expect, test } from "bun:test";
import { join } from "node:path";

/** What the fixture reads of what is typed at its prompt; that has to end with Ctrl-C or Ctrl-D, or `fg`. */
async function read(typed: string): Promise<string[]> {
  let output = "";
  const decoder = new TextDecoder();
  await using child = Bun.spawn([process.execPath, join(import.meta.dir, "read-line-fixture.ts")], {
    terminal: {
      data(terminal, bytes) {
        if (output === "") terminal.write(typed);
        output += decoder.decode(bytes, { stream: true });
      },
    },
  });
  await child.exited;
  // What it wrote last may come after the news of its end.
  while (!/<(undefined|other .+)>/.test(output)) await Bun.sleep(5);
  child.terminal?.close();
  return [...output.matchAll(/<(.+?)>/g)].map(([, line]) => line!);
}

test.concurrent.each([
  ["lines pasted in one piece", "one\ntwo\nthree\n\u0004", ["one", "two", "three"]],
  ["a line that is not complete", "one\ntw\u007Fwo\n\u0003", ["one", "two"]],
  ["lines as terminals send them", "one\rtwo\r\r\u0004", ["one", "two", ""]],
  ["lines as Windows ends them", "one\r\ntwo\r\n\r\n\u0004", ["one", "two", ""]],
  ["arrows and letters that take several bytes", "one\nwo\u001B[D\u001B[Dtä→\n\u0004", ["one", "tä→wo"]],
])("%s: each is read once and in order", async (_, typed, lines) => {
  expect(await read(typed)).toEqual([...lines.map((line) => JSON.stringify(line)), "undefined"]);
});

test.concurrent("what is pasted behind a line is there for another reader of the terminal", async () => {
  expect(await read("fg\nfor it\n")).toEqual(['"fg"', 'other "for it"']);
});
