import { expect, test } from "bun:test";
import { terminalSvg } from "../../scripts/lib/terminal-svg.ts";

test("a picture of a terminal has its lines, in their colours and widths", () => {
  const svg = terminalSvg("a \u001B[32mgreen\u001B[0m <b>\r\n\u001B[1;31mbold red\u001B[0m\n", "A & B");
  const lines = svg.split("\n").filter((line) => line.startsWith("<text"));
  expect(lines).toEqual([
    '<text x="18" y="32"><tspan textLength="15.6">a </tspan><tspan textLength="39" fill="#56d364">green</tspan><tspan textLength="31.2"> &lt;b&gt;</tspan></text>',
    '<text x="18" y="51"><tspan textLength="62.4" font-weight="bold" fill="#ff7b72">bold red</tspan></text>',
  ]);
  expect(svg).toContain("<title>A &amp; B</title>");
});

test("it is as wide as its longest line, without the codes", () => {
  const [, width] =
    /width="(\d+)"/.exec(terminalSvg(`\u001B[32m${"x".repeat(100)}\u001B[0m\nshort`, "t")) ?? [];
  expect(Number(width)).toBe(780 + 36);
});
