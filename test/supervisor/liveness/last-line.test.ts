import { afterEach, expect, test } from "bun:test";
import { closeSync, writeSync } from "node:fs";
import { setLogRedactor } from "../../../src/log.ts";
import { LastLine } from "../../../src/supervisor/liveness/last-line.ts";
import { pipe } from "../../../src/sys/pipes.ts";

const SECRET = "hunter2-hunter2-hunter2";

afterEach(() => setLogRedactor((text) => text));

function lastLineOf(text: string): string {
  setLogRedactor((line) => line.replaceAll(SECRET, "[redacted]"));
  const { read, write } = pipe();
  const line = new LastLine(read);
  writeSync(write, text);
  closeSync(write);
  try {
    return line.text();
  } finally {
    line.close();
  }
}

test("a long line is cut after secrets were taken out", () => {
  expect(lastLineOf(`first\nlogin ${SECRET} failed\n`)).toBe("login [redacted] failed");
  expect(lastLineOf(`${"x".repeat(190)} ${SECRET} ${"y".repeat(100)}\n`)).toBe(
    `${"x".repeat(190)} [redacted…`,
  );
});

test.each([0, 1, 5, 10, 22])("a secret that the kept part begins within does not show, by %d", (offset) => {
  const text = lastLineOf(`${"x".repeat(500)}${SECRET}${"y".repeat(2048 - SECRET.length + offset)}`);
  expect(text).toBe(`…${"y".repeat(200)}`);
});
