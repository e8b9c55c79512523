import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SECOND_INIT = resolve(import.meta.dir, "../../src/init/second-init.ts");
const root = mkdtempSync(join(tmpdir(), "second-init-"));

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs a script that has `stayBeside` in a process of its own, which the command takes over. */
async function beside(call: string) {
  const script = `const { stayBeside } = await import(${JSON.stringify(SECOND_INIT)});
    const never = new AbortController().signal;
    try { await stayBeside(${call}) } catch (error) { console.log(error.exitCode, error.message) }`;
  await using child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

test("a command takes the place of the second init, with its environment", async () => {
  const call = `["sh", "-c", "echo $GREETING; exit 7"], { PATH: process.env.PATH, GREETING: "hello" }, never`;
  expect(await beside(call)).toMatchObject({ stdout: "hello\n", code: 7 });
});

test.each([
  ["no-such-program", "127 can't find command 'no-such-program'\n"],
  ["/etc/passwd", "126 command at '/etc/passwd' is not executable: its mode does not allow it\n"],
])("%s cannot", async (command, line) => {
  expect((await beside(`["${command}"], { PATH: process.env.PATH }, never`)).stdout).toBe(line);
});

test("without a command it says why it does nothing; a signal to stop ends the wait", async () => {
  const { stderr, code } = await beside("[], {}, AbortSignal.abort()");
  expect(stderr).toBe(
    "ai-dock: ai-dock runs in this container already; this init.sh changes nothing and waits for its end\n",
  );
  expect(code).toBe(0);
});
