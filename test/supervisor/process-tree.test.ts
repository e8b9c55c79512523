import { afterAll, expect, test } from "bun:test";
import { ProcessTree } from "../../src/supervisor/process-tree.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { spawnChild } from "../../src/sys/children.ts";
import { readProcess } from "../../src/sys/proc.ts";

afterAll(startReaper());

const isGone = (pid: number) => [undefined, "Z"].includes(readProcess(pid)?.state);

/** Starts a script that prints the pids of what it has started in the background, then closes its output. */
async function started(tree: ProcessTree, script: string) {
  const child = tree.spawn(() =>
    spawnChild({
      command: ["/bin/bash", "-c", script],
      env: { PATH: "/usr/bin:/bin" },
      stdout: "pipe",
      stderr: "inherit",
    }),
  );
  const text = await child.stdout.text();
  return { child, pids: text.trim().split(/\s+/).map(Number) };
}

/** A daemon by the book: two forks, a session of its own, no variable that its program had. */
const DAEMON = "(setsid env -i /bin/sh -c 'sleep 1000 >/dev/null & echo $!' &); exec >/dev/null";

test("what a process has left when it ended is found again, double-forked or not, and ended", async () => {
  const tree = new ProcessTree();
  const { child, pids } = await started(tree, DAEMON);
  await child.exited;
  expect(pids.map(isGone)).toEqual([false]);
  expect(await tree.end("TERM", 5)).toEqual([]);
  expect(pids.map(isGone)).toEqual([true]);
});

test("the first process and all below it end, as long as it has not", async () => {
  const tree = new ProcessTree();
  const { child, pids } = await started(tree, `${DAEMON}; sleep 1000`);
  await tree.end("TERM", 5, child.pid);
  expect([
    child.signalCode ?? (await child.exited.then(() => child.signalCode)),
    ...pids.map(isGone),
  ]).toEqual(["SIGTERM", true]);
});

test("a process that has lost the mark is known by its descent", async () => {
  const tree = new ProcessTree();
  const { child, pids } = await started(
    tree,
    "prlimit --locks=unlimited setsid sleep 1000 >/dev/null & echo $!; exec >/dev/null; sleep 1000",
  );
  await tree.noteDescendants(child.pid);
  child.kill("SIGKILL");
  await child.exited;
  await tree.end("TERM", 5);
  expect(pids.map(isGone)).toEqual([true]);
});

/** Forks and ends, again and again, so that each process is gone before its child can be found below it. */
const HOPS =
  'if [ $1 -gt 0 ]; then /bin/sh -c "$0" "$0" $(($1 - 1)) & exit; fi; echo $$; exec sleep 1000 >/dev/null';

test("a daemon that forks and ends while it is looked for is found all the same", async () => {
  for (let round = 0; round < 20; round++) {
    const tree = new ProcessTree();
    const child = tree.spawn(() =>
      spawnChild({
        command: ["/bin/sh", "-c", HOPS, HOPS, "8"],
        env: { PATH: "/usr/bin:/bin" },
        stdout: "pipe",
        stderr: "inherit",
      }),
    );
    await child.exited;
    await tree.end("KILL", 0);
    // The last process prints its pid, unless an earlier one was killed.
    const pid = Number(await child.stdout.text());
    expect(pid === 0 || isGone(pid)).toBe(true);
  }
});

test("another tree, and what was started in none, is left alone", async () => {
  const [mine, other] = [new ProcessTree(), new ProcessTree()];
  const theirs = await started(other, DAEMON);
  const bystander = spawnChild({
    command: ["/bin/sleep", "1000"],
    env: {},
    stdout: "ignore",
    stderr: "ignore",
  });
  const { child } = await started(mine, DAEMON);
  await Promise.all([child.exited, theirs.child.exited]);
  await mine.end("TERM", 5);
  expect([...theirs.pids.map(isGone), isGone(bystander.pid)]).toEqual([false, false]);
  await other.end("KILL", 5);
  bystander.kill();
});

test("the deaf are killed after their grace; callers share one ending", async () => {
  const tree = new ProcessTree();
  const { child, pids } = await started(
    tree,
    "(setsid bash -c 'trap \"\" TERM; echo $$; exec >/dev/null; while :; do sleep 0.02; done' &); exec >/dev/null",
  );
  await child.exited;
  const endings = [tree.end("TERM", 0.05), tree.end("TERM", 1000)];
  expect(tree.ending).toBeDefined();
  expect(await Promise.all(endings)).toEqual([[], []]);
  expect(pids.map(isGone)).toEqual([true]);
  expect(tree.ending).toBeUndefined();
});

test("a standstill of this process takes no time from those that are to be killed", async () => {
  const tree = new ProcessTree();
  const { child, pids } = await started(
    tree,
    "(setsid bash -c 'trap \"\" TERM; echo $$; exec >/dev/null; while :; do sleep 0.02; done' &); exec >/dev/null",
  );
  await child.exited;
  const ending = tree.end("TERM", 0.2);
  // Until SIGTERM has been sent, and far beyond SIGKILL.
  await Bun.sleep(50);
  Bun.sleepSync(2500);
  const left = await ending;
  const areGone = pids.map(isGone);
  for (const { pid } of left) process.kill(pid, "SIGKILL");
  expect([left, areGone]).toEqual([[], [true]]);
});
