import { afterAll, expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { shutdown } from "../../../src/supervisor/shutdown.ts";
import { sendSignal } from "../../../src/sys/children.ts";
import { listProcesses, readProcess } from "../../../src/sys/proc.ts";
import { trace } from "../tracer-fixture.ts";
import { aliveBy, exec, linesOf, shell, supervised, temporaryFile, until } from "./supervised-fixture.ts";

afterAll(startReaper());

/** Reads a process id that a command has written. */
const pidIn = (file: string) => Number(linesOf(file)[0] ?? 0);
const isThere = (pid: number) => (readProcess(pid)?.state ?? "Z") !== "Z";

test("a command that hangs is a failed check, and is killed with all that it has started", async () => {
  const pids = temporaryFile("pids");
  const script = `setsid sleep 1000 & a=$!; sleep 1000 & echo $a $! $$ >>${pids}; wait`;
  await using the = await supervised({ alive: aliveBy(exec(script), { timeout: 0.3, failures: 1 }) });
  await the.until(({ restarts }) => restarts >= 1);
  expect(the.program.facts["last_failure"]).toBe("not done within 0.3 s");
  // On a busy machine not each check comes that far.
  await until(() => linesOf(pids).length > 0);
  const started = linesOf(pids)[0]!.split(" ").map(Number);
  expect(started).toHaveLength(3);
  await until(() => !started.some(isThere));
});

test("what a command leaves behind is ended, however well it has ended itself", async () => {
  const pids = temporaryFile("pids");
  const script = `(setsid sleep 1000 >/dev/null & echo $! >>${pids})`;
  await using the = await supervised({ alive: aliveBy(exec(script)) });
  await the.until(({ facts }) => (facts["successful_checks"] as number) >= 1);
  const pid = pidIn(pids);
  expect(pid).toBeGreaterThan(1);
  await until(() => !isThere(pid));
  expect(the.program.restarts).toBe(0);
});

test("a flood of output holds nobody up, and is no reason to fail", async () => {
  const before = process.memoryUsage().rss;
  await using the = await supervised({ alive: aliveBy(exec("yes & sleep 1; kill $!; exit 0")) });
  // Between two looks, in milliseconds of processor time of our own: a busy machine is nobody's fault here.
  const busy: number[] = [];
  let last = process.cpuUsage();
  const clock = setInterval(() => {
    const { user, system } = process.cpuUsage(last);
    busy.push((user + system) / 1000);
    last = process.cpuUsage();
  }, 10);
  await the.until(({ facts }) => (facts["successful_checks"] as number) >= 2);
  clearInterval(clock);
  expect(process.memoryUsage().rss - before).toBeLessThan(30 * 1024 ** 2);
  expect(busy.toSorted((a, b) => a - b)[Math.floor(busy.length * 0.9)]).toBeLessThan(100);
});

test("a command that writes more than a pipe holds ends all the same", async () => {
  const script = "head -c 300000 /dev/zero; echo; printf '\\033[31mit is \\007broken\\033[0m\\n' >&2; exit 2";
  await using the = await supervised({ alive: aliveBy(exec(script), { failures: 1 }) });
  await the.until(({ facts }) => facts["hangs"] === 1);
  expect(the.program.facts["last_failure"]).toBe("exit code 2: it is broken");
});

test.each([
  ["no-such-command", /^can't find command 'no-such-command'$/],
  ["sh -c no-such-command", /^exit code 127: .*no-such-command: not found$/],
  ["/etc/passwd", /^command at '\/etc\/passwd' is not executable: its mode does not allow it$/],
])("a check that cannot run says nothing of the program: %s", async (line, why) => {
  const command = line.startsWith("sh -c") ? shell(line.slice("sh -c ".length)) : [line];
  await using the = await supervised({ alive: aliveBy({ kind: "exec", command }, { failures: 1 }) });
  const { program } = the;
  await the.until(({ note }) => note?.startsWith("not checked: "));
  expect(program.note?.replace("not checked: ", "")).toMatch(why);
  await Bun.sleep(500);
  expect([program.state, program.restarts, program.facts["hangs"]]).toEqual(["RUNNING", 0, 0]);
});

test("a command runs as its program does: user, groups, environment, folder, umask", async () => {
  const folder = realpathSync(tmpdir());
  const isRoot = process.getuid?.() === 0;
  const own = `printf '%s ' "$(id -u)" "$(id -G)" "$(pwd)" "$(umask)" "$OWN" "$SUPERVISOR_PROCESS_NAME"; echo; exit 4`;
  await using the = await supervised({
    alive: aliveBy(exec(own), { failures: 1 }),
    ...(isRoot ? { user: "nobody" } : {}),
    directory: folder,
    umask: 0o027,
    environment: { OWN: "mine" },
  });
  await the.until(({ facts }) => facts["hangs"] === 1);
  const user = isRoot ? "65534 65534" : `${process.getuid?.()} .*`;
  expect(the.program.facts["last_failure"]).toMatch(
    new RegExp(`^exit code 4: ${user} ${folder} 0027 mine p$`),
  );
});

test("no check begins before the one before has ended", async () => {
  const file = temporaryFile("lock");
  const script = `exec flock --nonblock --conflict-exit-code 9 ${file} sh -c 'echo >>${file}.count; sleep 0.1'`;
  await using the = await supervised({ alive: aliveBy(exec(script), { interval: 0.01, failures: 1 }) });
  await the.until(({ facts }) => (facts["successful_checks"] as number) >= 5);
  expect(the.program.facts["last_failure"]).toBeNull();
});

test("a check that is under way ends with the program, and with the container", async () => {
  const pids = temporaryFile("pids");
  const alive = aliveBy(exec(`echo $$ >${pids}; sleep 1000 & wait`), { timeout: 1000 });
  await using the = await supervised({ alive });
  await until(() => pidIn(pids) > 0);
  const pid = pidIn(pids);
  await the.supervisor.stop([the.program]);
  await until(() => !isThere(pid));
  await the.supervisor.start([the.program]);
  await until(() => pidIn(pids) > 0 && pidIn(pids) !== pid && isThere(pidIn(pids)));
  // One that waited for its last second would run into the limit of the test.
  await shutdown(the.supervisor, 100, new AbortController().signal);
  await until(() => !listProcesses().some(({ ppid, state }) => ppid === process.pid && state !== "Z"));
});

test("one that somebody stops by a signal through the supervisor is not checked until it goes on", async () => {
  const [file, begun] = [temporaryFile("seen"), temporaryFile("begun")];
  // Its check does not end as long as the program does not write.
  const command = shell(`while :; do date +%s%N >${file}; sleep 0.05; done`);
  const check = `echo >>${begun}; a=$(cat ${file}); while [ "$a" = "$(cat ${file})" ]; do sleep 0.05; done`;
  const alive = aliveBy(exec(check), { timeout: 2 });
  await using the = await supervised({ command, alive, stopwaitsecs: 0.2 });
  const { program } = the;
  await the.until(({ facts }) => (facts["successful_checks"] as number) >= 1);
  const pid = program.pid!;
  program.signal("SIGSTOP");
  await the.until(({ note }) => note === "not checked: stopped by a signal");
  const checks = linesOf(begun).length;
  await Bun.sleep(500);
  expect([program.pid, program.restarts, linesOf(begun).length]).toEqual([pid, 0, checks]);
  program.signal("CONT");
  const before = program.facts["successful_checks"] as number;
  await the.until(({ facts }) => (facts["successful_checks"] as number) > before);
  // Somebody else's SIGSTOP is a hang.
  sendSignal(pid, "STOP");
  await the.until(({ restarts }) => restarts === 1);
}, 60_000);

test("a command that no signal ends counts once, and no other is started beside it", async () => {
  const pids = temporaryFile("pids");
  // Time enough for the tracer to come.
  const alive = aliveBy(exec(`echo $$ >>${pids}; exec sleep 1000`), { failures: 2, timeout: 8 });
  await using the = await supervised({ alive });
  const { program } = the;
  await until(() => pidIn(pids) > 0);
  // Uninterruptible sleep cannot be had here: a tracer keeps the dead one from being waited for.
  const tracer = await trace(pidIn(pids), "seize");
  await the.until(({ note }) => note === "not checked: the process of a check does not end");
  await Bun.sleep(1000);
  expect([linesOf(pids).length, program.facts["failed_checks"], program.restarts]).toEqual([1, 1, 0]);
  tracer.kill("SIGKILL");
  await the.until(({ restarts }) => restarts === 1);
}, 60_000);

test("a program that a debugger holds is not checked", async () => {
  const held = temporaryFile("held");
  await using the = await supervised({ alive: aliveBy(exec(`[ ! -e ${held} ]`), { failures: 1 }) });
  const { program } = the;
  const pid = program.pid!;
  const tracer = await trace(pid, "attach");
  await the.until(({ note }) => note === "not checked: a debugger holds it");
  await Bun.write(held, "");
  await Bun.sleep(1000);
  expect([program.pid, program.facts["hangs"]]).toEqual([pid, 0]);
  tracer.kill("SIGKILL");
  await the.until(({ restarts }) => restarts === 1);
}, 60_000);
