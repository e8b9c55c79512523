import { describe, expect, test } from "bun:test";
import { blockFormat } from "../../src/logs/format.ts";
import { LineSplitter, type LineTaker, MAX_LINE } from "../../src/logs/lines.ts";

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** What each chunk, and the end, pass on. */
function splitAll(chunks: string[]): string[] {
  const splitter = new LineSplitter();
  const passedBy = (action: (taker: LineTaker) => void) => {
    let passed = "";
    action({ lines: (block) => (passed += text(block)) });
    return passed;
  };
  const blocks = chunks.map((chunk) =>
    passedBy((taker) => splitter.push(Buffer.from(chunk, "latin1"), taker)),
  );
  return [...blocks, passedBy((taker) => splitter.end(taker))];
}

describe("LineSplitter", () => {
  test("gives whole lines and holds the rest", () => {
    expect(splitAll(["a\nb\n", "c", "d", "e\nf\ng", "\n", "h"])).toEqual([
      "a\nb\n",
      "",
      "",
      "cde\nf\n",
      "g\n",
      "",
      "h\n",
    ]);
  });

  test("passes on what needs no change without a copy", () => {
    const chunk = Buffer.from("a\nb\nc");
    const blocks: Uint8Array[] = [];
    new LineSplitter().push(chunk, { lines: (block) => blocks.push(block) });
    expect(blocks.map(text)).toEqual(["a\nb\n"]);
    expect(blocks[0]?.buffer).toBe(chunk.buffer);
  });

  test("keeps CRLF, bare CR, ANSI, NUL and invalid UTF-8 as they are", () => {
    const odd = "a\r\n50%\r60%\n\u001B[31mred\u001B[0m\n\0\u00FF\u00FE\n\n\n";
    for (let size = 1; size < odd.length; size++) {
      const chunks = odd.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      expect(splitAll(chunks).join("")).toBe(odd);
    }
  });

  test.each([1, 1000, 4096, MAX_LINE - 1, MAX_LINE, MAX_LINE + 1])(
    "cuts an overlong line at the same places, in chunks of %d",
    (size) => {
      const line = "x".repeat(MAX_LINE * 2 + 5);
      const piece = "x".repeat(MAX_LINE);
      const chunks = line.match(new RegExp(`.{1,${size}}`, "g")) ?? [];
      expect(splitAll([...chunks, "\nnext\n"]).join("")).toBe(`${piece}\n${piece}\nxxxxx\nnext\n`);
    },
  );

  test("a line of exactly the limit stays whole", () => {
    const line = "x".repeat(MAX_LINE);
    expect(splitAll([line, "\n"]).join("")).toBe(`${line}\n`);
    expect(splitAll([line]).join("")).toBe(`${line}\n`);
  });

  test("random cuts change nothing", () => {
    const lines = Array.from(
      { length: 500 },
      (_, number) => `${number} ${"y".repeat((number * 7919) % 300)}\n`,
    ).join("");
    let seed = 1;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let round = 0; round < 20; round++) {
      const chunks: string[] = [];
      for (let at = 0; at < lines.length;) {
        const size = 1 + Math.floor(random() * 900);
        chunks.push(lines.slice(at, at + size));
        at += size;
      }
      const blocks = splitAll(chunks);
      expect(blocks.join("")).toBe(lines);
      for (const block of blocks) expect(block === "" || block.endsWith("\n")).toBe(true);
    }
  });
});

describe("blockFormat()", () => {
  test("prefix puts the name before every line", () => {
    const format = blockFormat("prefix", "sshd", "stdout");
    expect(text(format(Buffer.from("a\n\nb\n")))).toBe("sshd | a\nsshd | \nsshd | b\n");
    const short = "\n".repeat(300_000);
    expect(text(format(Buffer.from(short)))).toBe("sshd | \n".repeat(300_000));
  });

  test("plain is the bytes", () => {
    const block = Buffer.from("a\n");
    expect(blockFormat("plain", "sshd", "stdout")(block)).toBe(block);
  });

  test("json is an object per line, with invalid UTF-8 replaced", () => {
    const format = blockFormat("json", "sshd", "stderr");
    const lines = text(format(Buffer.from('say "hi"\n\xFF\u001B[0m\n', "latin1")))
      .trimEnd()
      .split("\n");
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as unknown;
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { time, name: "sshd", stream: "stderr", line: 'say "hi"' },
      { time, name: "sshd", stream: "stderr", line: Buffer.from("\uFFFD\u001B[0m").toString("latin1") },
    ]);
  });
});
