import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProcess } from "../../src/sys/proc.ts";
import { run } from "../../src/sys/run.ts";
import { startClock, stoppedClock, turn } from "../stopped-clock.ts";

afterEach(startClock);

/** Prints the pid of a process that holds the output and is in no group of ours. */
const LEAVE_BEHIND = "setsid sleep 30 & echo $!";

/** What it printed, and an end of what was left behind, which fails where that has been waited for. */
async function leaving(script: string, signal?: AbortSignal) {
  const { stdout, ...result } = await run(["sh", "-c", script], signal === undefined ? {} : { signal });
  const [pid, ...rest] = stdout.split("\n");
  process.kill(Number(pid), "SIGKILL");
  return { ...result, rest };
}

describe("run()", () => {
  test("returns all output of both streams and the exit code", async () => {
    const script = "head -c 3000001 /dev/zero | tr '\\0' x; yes ü | head -c 3000000 >&2; exit 3";
    const { code, stdout, stderr } = await run(["bash", "-c", script]);
    expect(stdout === "x".repeat(3_000_001)).toBe(true);
    expect(stderr === "ü\n".repeat(1_000_000)).toBe(true);
    expect(code).toBe(3);
  });

  test("passes input, folder and environment", async () => {
    const options = { input: "text", cwd: "/usr", env: { PATH: "/bin:/usr/bin", A: "b" } };
    const result = await run(["sh", "-c", 'cat; echo " $PWD $A"'], options);
    expect(result).toEqual({ code: 0, stdout: "text /usr b\n", stderr: "" });
  });

  test("a command that is not there has the code 127", async () => {
    expect(await run(["/no/such/command"])).toMatchObject({ code: 127, stdout: "" });
  });

  test("does not wait for what the command left behind", async () => {
    const result = await leaving(`${LEAVE_BEHIND}; echo text; exit 4`);
    expect(result).toEqual({ code: 4, stderr: "", rest: ["text", ""] });
  });

  test("an abort ends the wait for what the command left behind at once", async () => {
    const path = join(tmpdir(), "run-pid");
    const stop = new AbortController();
    // Without time that passes there is no other end of that wait.
    stoppedClock();
    const running = leaving(`echo $$ >${path}; ${LEAVE_BEHIND}; exit 4`, stop.signal);
    const pid = () => Number(existsSync(path) && readFileSync(path, "utf8"));
    while (pid() === 0 || readProcess(pid()) !== undefined) await turn();
    await turn();
    stop.abort();
    expect(await running).toEqual({ code: 4, stderr: "", rest: [""] });
  });

  test("an abort kills the group and returns what there is", async () => {
    const path = join(tmpdir(), "run-said");
    const stop = new AbortController();
    const running = leaving(`${LEAVE_BEHIND}; echo why >&2; : >${path}; exec sleep 1000`, stop.signal);
    while (!existsSync(path)) await Bun.sleep(5);
    stop.abort();
    const result = await running;
    expect(result).toEqual({ code: 137, stderr: "why\n", rest: [""] });
  });

  test("an abort that came before ends the command, too", async () => {
    expect(await run(["sleep", "30"], { signal: AbortSignal.abort() })).toMatchObject({ code: 137 });
  });

  test("an event loop that is held up loses no output", async () => {
    const running = run(["bash", "-c", "head -c 150000 /dev/zero | tr '\\0' x"]);
    await Bun.sleep(20);
    Bun.sleepSync(400);
    expect((await running).stdout).toHaveLength(150_000);
  });

  test("leaves no descriptors behind", async () => {
    const count = () => readdirSync("/proc/self/fd").length;
    const pids: number[] = [];
    const leave = async (signal: AbortSignal | undefined) => {
      const { stdout } = await run(["sh", "-c", LEAVE_BEHIND], signal === undefined ? {} : { signal });
      pids.push(Number(stdout));
    };
    await leave(undefined);
    const before = count();
    for (let round = 0; round < 4; round++) {
      await Promise.all(Array.from({ length: 25 }, () => leave(undefined)));
      await Promise.all(Array.from({ length: 25 }, () => leave(AbortSignal.timeout(100))));
    }
    for (const pid of pids) if (pid > 0) process.kill(pid, "SIGKILL");
    expect(pids).toHaveLength(201);
    // The last ones are closed a moment later.
    while (count() > before) await Bun.sleep(2);
  }, 60_000);
});
