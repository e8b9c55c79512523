import { expect, test } from "bun:test";
import { tableLines } from "../../src/cli/print.ts";

test("a name that holds control characters moves no cursor and makes no line", () => {
  const rows = ["app", "\u001B]0;title\u0007\u001B[2Jx\ny"];
  const lines = tableLines(rows, [{ text: (name) => name }, { text: () => "end" }]);
  expect(lines).toHaveLength(2);
  expect(lines.join("")).not.toMatch(/\p{Cc}/u);
  expect(new Set(lines.map((line) => line.length)).size).toBe(1);
});
