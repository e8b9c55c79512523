import { expect, test } from "bun:test";
import { limitStream } from "../../src/logs/write/limit.ts";

const BEGIN = "… more comes too fast and is left out here; the log file has it\n";
const LINE = `${"x".repeat(99)}\n`;

function limited(burstBytes = 1000, bytesPerSecond = 100) {
  let text = "";
  let time = 0;
  const stream = limitStream(
    { write: (chunk) => void (text += Buffer.from(chunk).toString()), end: () => void (text += "END") },
    { burstBytes, bytesPerSecond },
    { now: () => time },
  );
  return {
    write: (...lines: string[]) => lines.forEach((line) => stream.write(Buffer.from(line))),
    wait: (seconds: number) => void (time += seconds * 1000),
    end: () => stream.end(),
    take() {
      const taken = text;
      text = "";
      return taken;
    },
  };
}

test("what stays within the limit passes as it is, for ever", () => {
  const stream = limited();
  for (let second = 0; second < 100; second++) {
    stream.write(LINE);
    stream.wait(1);
  }
  expect(stream.take()).toBe(LINE.repeat(100));
});

test("a flood passes as far as there is room, in whole lines, and what is left out is counted", () => {
  const stream = limited();
  stream.write(...Array.from({ length: 1000 }, () => LINE));
  expect(stream.take()).toBe(LINE.repeat(11) + BEGIN);
  stream.wait(5);
  stream.write(LINE);
  expect(stream.take()).toBe("");
  stream.wait(3);
  stream.write("after\n");
  const bytes = (1000 - 11 + 1) * LINE.length;
  expect(stream.take()).toBe(`… ${bytes} bytes were left out here\nafter\n`);
  stream.write("more\n");
  expect(stream.take()).toBe("more\n");
});

test("lines are never cut, wherever the chunks are", () => {
  const stream = limited(20, 10);
  stream.write("one\ntw", "o, which is longer than there is room\nthree\nfo");
  expect(stream.take()).toBe(`one\ntwo, which is longer than there is room\n${BEGIN}`);
  stream.wait(60);
  stream.write("ur goes on", " and ends\nfive\n");
  expect(stream.take()).toMatch(/^… 28 bytes .*\nfive\n$/);
});

test("what is left out at the end is told, too", () => {
  const stream = limited(10, 1);
  stream.write("one\n", "two, three and more\nfour\n", "five");
  stream.end();
  expect(stream.take()).toMatch(/^one\ntwo, three and more\n… .*\n… 9 bytes .*\nEND$/);
});
