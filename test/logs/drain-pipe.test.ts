import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const FIXTURE = resolve(import.meta.dir, "drain-pipe-fixture.ts");
const CONDITION_INTERVAL_MILLISECONDS = 10;

/** Runs the command in front of a program that writes to it when told to, long after the command has ended. */
const SCRIPT = `
mkfifo go pipe
{ read <go; seq 100000; echo "end $?" >end; } >pipe &
"$0" "$@" <pipe
`;

test("drainPipe() keeps a program alive that writes on after this process has ended", async () => {
  const folder = mkdtempSync(join(tmpdir(), "drain-"));
  const log = join(folder, "provisioning.log");
  writeFileSync(log, "before\n");
  const ended = Bun.spawn(["bash", "-c", SCRIPT, process.execPath, FIXTURE, log], {
    cwd: folder,
    stdio: ["ignore", "ignore", "ignore"],
  });
  expect(await ended.exited).toBe(0);
  writeFileSync(join(folder, "go"), "\n");
  const expected = `before\n${Array.from({ length: 100_000 }, (_, at) => `${at + 1}\n`).join("")}`;
  while (!existsSync(join(folder, "end")) || readFileSync(log).byteLength < expected.length)
    await Bun.sleep(CONDITION_INTERVAL_MILLISECONDS);
  expect(readFileSync(join(folder, "end"), "utf8")).toBe("end 0\n");
  expect(readFileSync(log, "utf8") === expected).toBe(true);
});
