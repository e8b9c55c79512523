import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdEarlySignals } from "../../scripts/lib/early-signals.ts";

/** SIGHUP, SIGINT and SIGTERM as /proc/PID/status shows a set. */
const HELD = "0000000000004003";
const NONE = "0000000000000000";

const binary = readFileSync(process.execPath);
holdEarlySignals(binary);
const patched = join(mkdtempSync(join(tmpdir(), "early-signals-")), "bun");
writeFileSync(patched, binary, { mode: 0o755 });

/** The signals that a Bun holds back, and its pid. */
function blocked(bun: string, ...launcher: string[]) {
  const script = `const [, set] = /SigBlk:\\s*(\\w+)/.exec(require("fs").readFileSync("/proc/self/status", "utf8")); console.log(set, process.pid === 1)`;
  const { stdout, stderr } = Bun.spawnSync([...launcher, bun, "-e", script]);
  return stdout.toString().trim() || stderr.toString();
}

const asPid1 = ["unshare", "--pid", "--fork", "--mount-proc"];
const canBePid1 = Bun.spawnSync([...asPid1, "true"]).success;

test("a process that is not PID 1 holds nothing back", () => {
  expect(blocked(patched)).toBe(`${NONE} false`);
});

test.if(canBePid1)("PID 1 holds the signals back that stop a container", () => {
  expect(blocked(process.execPath, ...asPid1)).toBe(`${NONE} true`);
  expect(blocked(patched, ...asPid1)).toBe(`${HELD} true`);
});
