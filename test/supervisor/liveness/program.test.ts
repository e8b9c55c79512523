import { afterAll, afterEach, expect, test } from "bun:test";
import { LineFinder } from "../../../src/supervisor/line-finder.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { startClock, stoppedClock, turn } from "../../stopped-clock.ts";
import { aliveBy, exec, supervised } from "./supervised-fixture.ts";

afterAll(startReaper());
afterEach(startClock);

test("log: a program that has fallen silent is started again, one that speaks is left alone", async () => {
  let said = "";
  const clock = stoppedClock();
  await using the = await supervised({
    command: ["/bin/cat"],
    alive: aliveBy({ kind: "log", pattern: /^tick$/ }, { interval: 0.3 }),
    observe: () => ({ onOutput: (chunk) => void (said += Buffer.from(chunk).toString()) }),
  });
  // Ends before the program: a stop takes time.
  using _ = clock;
  const { program } = the;
  const says = async (line: string) => {
    said = "";
    await program.writeStdin(Buffer.from(`${line}\n`));
    const isSaid = () => said === `${line}\n`;
    while (!isSaid()) await turn();
  };
  const successes = () => program.facts["successful_checks"] as number | undefined;
  while (successes() === undefined) await turn();
  const first = program.pid;
  for (let time = 1; time <= 4; time++) {
    await says("tick");
    await clock.runUntil(() => successes() === time);
  }
  expect([program.pid, program.facts["last_failure"]]).toEqual([first, null]);
  await says("other");
  await clock.runUntil(() => program.restarts === 1 && program.pid !== null);
  expect(program.facts["last_failure"]).toBe("no line of output matches within 0.3 s");
  await says("tick");
  await clock.runUntil(() => successes() === 5);
});

const bytes = (text: string) => Buffer.from(text);

test("a line is found once until it is looked for again, in pieces and among others", () => {
  const finder = new LineFinder(/^(é|up)$/);
  expect(finder.take(bytes("no up\nu"))).toBeFalse();
  expect(finder.take(bytes("p\nup\n"))).toBeTrue();
  expect(finder.take(bytes("up\n"))).toBeFalse();
  expect(finder.isFound).toBeTrue();
  finder.lookAgain();
  expect(finder.isFound).toBeFalse();
  const [first, second] = [bytes("é\n").subarray(0, 1), bytes("é\n").subarray(1)];
  expect([finder.take(first), finder.take(second)]).toEqual([false, true]);
});

test("what follows the middle of a line that was not looked at is no line", () => {
  const finder = new LineFinder(/^up$/);
  expect(finder.take(bytes("up\nset"))).toBeTrue();
  finder.lookAgain();
  // The line is "setup".
  expect(finder.take(bytes("up\n"))).toBeFalse();
  expect(finder.take(bytes("up\nx"))).toBeTrue();
  finder.take(bytes("y"));
  finder.lookAgain();
  expect(finder.take(bytes("up"))).toBeFalse();
  expect(finder.take(bytes("\nup\n"))).toBeTrue();
});

test("a progress bar, which carriage returns redraw, has lines", () => {
  const finder = new LineFinder(/^50 %$/);
  expect(finder.take(bytes("\r10 %\r50 %"))).toBeFalse();
  expect(finder.take(bytes("\r60 %"))).toBeTrue();
});

test("a line without end takes no time that grows with its square", () => {
  const finder = new LineFinder(/\s+$/);
  const began = process.cpuUsage();
  // As pipes bring it: lines of 128 KiB.
  for (let part = 0; part < 4; part++)
    finder.take(bytes(" ".repeat(65_534) + (part % 2 === 0 ? "  " : "x\n")));
  expect(finder.isFound).toBeFalse();
  expect(process.cpuUsage(began).user).toBeLessThan(4_000_000);
  // The beginning of a long line counts.
  expect(new LineFinder(/^up/).take(bytes(`up${"x".repeat(100_000)}\n`))).toBeTrue();
  const inPieces = new LineFinder(/^up/);
  for (const part of ["up", "x".repeat(65_536), "x".repeat(65_536)]) inPieces.take(bytes(part));
  expect(inPieces.take(bytes("\n"))).toBeTrue();
});

test.each([40, -40])("a clock that jumps by %d days changes no check", async (days) => {
  const realNow = Date.now;
  await using the = await supervised({ alive: aliveBy(exec("exit 0"), { failures: 1 }) });
  const checks = () => the.program.facts["successful_checks"] as number;
  await the.until(() => checks() > 0);
  Date.now = () => realNow() + days * 86_400_000;
  try {
    const before = checks();
    const started = performance.now();
    await the.until(() => checks() >= before + 3);
    expect(performance.now() - started).toBeGreaterThan(180);
    expect([the.program.restarts, the.program.facts["last_failure"]]).toEqual([0, null]);
  } finally {
    Date.now = realNow;
  }
});
