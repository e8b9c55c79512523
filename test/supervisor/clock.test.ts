import { afterEach, expect, test } from "bun:test";
import type { Program } from "../../src/supervisor/program.ts";
import { loneProgram, specOf } from "./spec-fixture.ts";

const realNow = Date.now;

afterEach(() => {
  Date.now = realNow;
});

function sleeper(): { program: Program; reaches: (state: string) => Promise<void> } {
  const spec = specOf("sleeper", { startsecs: 0.2, stopwaitsecs: 5 });
  let changed = () => {};
  const program = loneProgram(spec, { onChange: () => changed() });
  return {
    program,
    reaches: (state) =>
      new Promise((resolve) => {
        changed = () => {
          if (program.state === state) resolve();
        };
        changed();
      }),
  };
}

test.each([
  ["forward", 40 * 86_400_000],
  ["back", -40 * 86_400_000],
])(
  "a clock that jumps %s by days while a program starts and stops changes nothing but the date",
  async (_, jump) => {
    const { program, reaches } = sleeper();
    await program.start();
    const started = program.times.started;
    Date.now = () => realNow() + jump;
    await reaches("RUNNING");
    expect(program.uptime).toBeGreaterThanOrEqual(0.2);
    expect(program.uptime).toBeLessThan(60);
    await program.stop();
    expect([program.state, program.exit?.signal]).toEqual(["STOPPED", "TERM"]);
    expect(Math.sign(program.times.ended - started)).toBe(Math.sign(jump));
  },
);
