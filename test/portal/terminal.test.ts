import { describe, expect, test } from "bun:test";
import { cssColour } from "../../src/portal/page/logs/style.ts";
import { type Line, Terminal } from "../../src/portal/page/logs/terminal.ts";

/** The lines that a terminal shows after some chunks. */
function show(...chunks: string[]): Line[] {
  const lines: Line[] = [];
  const terminal = new Terminal(0, { add: (line) => lines.push(line), changed() {} });
  for (const chunk of chunks) terminal.feed(chunk, 0);
  return lines;
}

const texts = (...chunks: string[]) => show(...chunks).map(({ text }) => text);
const E = "\u001B";

describe("lines", () => {
  test.each<[string, string[], string[]]>([
    ["plain ones", ["a\nb\n"], ["a", "b"]],
    ["an unfinished one", ["a\nb"], ["a", "b"]],
    ["one in pieces", ["a", "b", "c\nd"], ["abc", "d"]],
    ["empty ones", ["a\n\n\nb\n"], ["a", "", "", "b"]],
    ["Windows' ends", ["a\r\nb\r", "\nc"], ["a", "b", "c"]],
    ["a tab", ["a\tb"], ["a       b"]],
    ["control characters", ["a\0\u0007b\u007Fc\u0085d"], ["abcd"]],
    ["a backspace", ["abc\b\bX"], ["aXc"]],
    ["a window's title and a link", [`${E}]0;title\u0007a${E}]8;;http://x${E}\\b${E}]8;;${E}\\`], ["ab"]],
    ["modes and other sequences", [`${E}[?25la${E}(Bb${E}[?25h${E}=c`], ["abc"]],
  ])("%s", (_, chunks, lines) => {
    expect(texts(...chunks)).toEqual(lines);
  });

  test("a very long one is cut", () => {
    expect(texts("x".repeat(100_000), "y\nz")).toEqual(["x".repeat(20_000), "z"]);
  });

  test("a few bytes do not become a line of kilobytes, nor thousands of elements", () => {
    for (const move of ["[20000C", "[20000G", "[999999999999999999999C"])
      expect(texts(`${E}${move}x`)[0]?.length).toBeLessThan(1100);
    const colours = Array.from({ length: 5000 }, (_, index) => `${E}[3${index % 2}mx`).join("");
    const [line] = show(colours);
    expect([line?.text.length, (line?.runs.length ?? 0) <= 1000]).toEqual([5000, true]);
  });

  test("a sequence that never ends does not swallow the log", () => {
    expect(texts(`${E}]0;${"x".repeat(5000)}`, "\nb\n").at(-1)).toBe("b");
  });
});

describe("progress bars", () => {
  test.each<[string, string[], string[]]>([
    ["a carriage return redraws", [" 10%\r 20%\r100%\ndone\n"], ["100%", "done"]],
    ["a shorter form leaves the rest, as a terminal does", ["abcdef\rXY"], ["XYcdef"]],
    ["erase to the end", [`abcdef\rXY${E}[K`], ["XY"]],
    ["erase the line", [`abcdef${E}[2K\rXY`], ["XY"]],
    ["tqdm: one bar above another", [`one 1%\ntwo 1%\n${E}[A${E}[Aone 9%\n\rtwo 9%\n`], ["one 9%", "two 9%"]],
    ["pip and docker: up, then erase below", [`a\nb\nc\n${E}[2A${E}[JB\n`], ["a", "B", ""]],
    ["columns", [`abc${E}[5Gx${E}[3DY`], ["abY x"]],
    ["up beyond the first line", [`a\n${E}[99AX`], ["X"]],
    ["up one, and down again", [`a\nb\n${E}[2AX${E}[2Bc\n`], ["X", "b", " c"]],
  ])("%s", (_, chunks, lines) => {
    expect(texts(...chunks)).toEqual(lines);
  });

  test("bytes may come one by one", () => {
    const all = `one 1%\ntwo 1%\n${E}[A${E}[A${E}[32mone 9%${E}[0m\n\rtwo 9%\n`;
    expect(show(...Array.from(all))).toEqual(
      show(all).map((line) => ({ ...line, version: expect.any(Number) as number })),
    );
  });

  test("a redrawn line is told by its version", () => {
    const lines: Line[] = [];
    const terminal = new Terminal(0, { add: (line) => lines.push(line), changed() {} });
    terminal.feed("1%", 0);
    const before = lines[0]?.version ?? 0;
    terminal.feed("\r2%", 0);
    expect(lines[0]?.version).toBeGreaterThan(before);
    expect(lines).toHaveLength(1);
  });
});

describe("colours", () => {
  const runs = (text: string) => show(text)[0]?.runs.map(({ start, style }) => [start, style]);

  test.each<[string, string, unknown]>([
    ["none", "abc", []],
    [
      "of sixteen",
      `a${E}[31mb${E}[92;44mc`,
      [
        [1, { front: 1 }],
        [2, { back: 4, front: 10 }],
      ],
    ],
    [
      "of the palette and any",
      `${E}[38;5;208ma${E}[48;2;1;2;255mb`,
      [
        [0, { front: 208 }],
        [1, { back: "#0102ff", front: 208 }],
      ],
    ],
    [
      "set and taken back",
      `${E}[1;4ma${E}[22mb${E}[mc`,
      [
        [0, { bold: true, underline: true }],
        [1, { underline: true }],
        [2, {}],
      ],
    ],
    ["written over", `${E}[31mabcd\r${E}[0mXY`, [[2, { front: 1 }]]],
    [
      "written over in the middle",
      `abcd\b\b\b${E}[32mX`,
      [
        [1, { front: 2 }],
        [2, {}],
      ],
    ],
    ["nonsense", `${E}[38m${E}[999ma`, []],
  ])("%s", (_, text, expected) => {
    expect(runs(text)).toEqual(expected as never);
  });

  test("go on over lines", () => {
    expect(show(`${E}[31ma\nb`).map(({ runs: one }) => one)).toEqual([
      [{ start: 0, style: { front: 1 } }],
      [{ start: 0, style: { front: 1 } }],
    ]);
  });

  test("are nothing but colours in CSS", () => {
    expect([1, 196, 255, "#0102ff"].map((colour) => cssColour(colour))).toEqual([
      "var(--ansi-1)",
      "rgb(255 0 0)",
      "rgb(238 238 238)",
      "#0102ff",
    ]);
  });
});
