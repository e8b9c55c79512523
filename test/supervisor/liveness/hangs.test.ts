import { afterAll, expect, test } from "bun:test";
import type { Program } from "../../../src/supervisor/program.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { sendSignal } from "../../../src/sys/children.ts";
import { freePort } from "../../free-port.ts";
import { loneProgram, specOf } from "../spec-fixture.ts";
import { trace } from "../tracer-fixture.ts";
import { aliveBy, exec, OK, server, shell, supervised, temporaryFile, until } from "./supervised-fixture.ts";

afterAll(startReaper());

const http = (port: number) => ({ kind: "http", url: `http://127.0.0.1:${port}/up` }) as const;
const tcp = (port: number) => ({ kind: "tcp", host: "127.0.0.1", port }) as const;

/** Each server says in this way that it listens. */
const ready = tcp;

test("a program that SIGSTOP holds is killed, as it cannot obey, and started again", async () => {
  const port = freePort();
  const command = server(port, `answer("${OK}")`);
  await using the = await supervised({
    command,
    ready: ready(port),
    alive: aliveBy(http(port), { timeout: 2 }),
    stopwaitsecs: 0.3,
  });
  const { program } = the;
  await the.until(() => (program.facts["successful_checks"] as number) >= 2);
  const first = program.pid!;
  sendSignal(first, "STOP");
  await the.until(() => program.state === "STOPPING");
  expect(program.reason).toBe("hung: no answer within 2 s, 2 checks in a row");
  await the.until(() => program.pid !== first && program.ready);
  expect(program.restarts).toBe(1);
  expect(program.facts).toMatchObject({ hangs: 1, failed_checks: 0, last_failure: "no answer within 2 s" });
  expect(program.note).toMatch(/^hung once, last at 20\S+Z: no answer within 2 s$/);
});

test.each(["tcp", "http"] as const)("%s: one that deadlocks is started again", async (kind) => {
  const port = freePort();
  // Three connections are served, that of `ready` among them; afterwards nobody accepts.
  const command = server(port, `answer("${OK}")\nif n == 3: c.close(); time.sleep(1000)`);
  const alive = aliveBy(kind === "tcp" ? tcp(port) : http(port), { timeout: 0.5 });
  await using the = await supervised({ command, ready: ready(port), alive });
  await the.until(({ restarts }) => restarts === 2);
  const how = kind === "tcp" ? "connection not accepted" : "no answer";
  expect(the.program.facts["last_failure"]).toBe(`${how} within 0.5 s`);
});

test("tcp: one whose accept queue is full is started again", async () => {
  const port = freePort();
  const fill = `
import socket, time
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", ${port}))
s.listen(0)
clients = [socket.socket() for _ in range(4)]
for c in clients:
    c.setblocking(False)
    c.connect_ex(("127.0.0.1", ${port}))
print("full", flush=True)
time.sleep(1000)`;
  await using the = await supervised({
    command: ["/usr/bin/python3", "-c", fill],
    ready: { kind: "log", pattern: /^full$/ },
    alive: aliveBy(tcp(port), { timeout: 0.5 }),
  });
  await the.until(({ restarts, note }) => restarts === 1 && note?.startsWith("hung once"));
  await the.until(({ facts }) => facts["last_failure"] === "no connection within 0.5 s");
});

test("one that is slow, and now and then too slow, is left alone", async () => {
  const port = freePort();
  // Every second answer is late; each of the others takes a good part of the time that there is, and may be late, too, on
  // a busy machine.
  const command = server(port, `time.sleep(0 if n == 1 else 1.2 if n % 2 else 0.4)\nanswer("${OK}")`);
  const alive = aliveBy(http(port), { timeout: 1, failures: 4 });
  await using the = await supervised({ command, ready: ready(port), alive });
  const { program } = the;
  const pid = program.pid;
  let failures = 0;
  let isFailing = false;
  await the.until(() => {
    const now = program.facts["failed_checks"] === 1;
    if (now && !isFailing) failures++;
    isFailing = now;
    return failures === 5;
  });
  expect(program.note).toBe("check failed 1 of 4 times: no answer within 1 s");
  await the.until(() => program.note === null);
  expect([program.pid, program.restarts, program.facts["hangs"]]).toEqual([pid, 0, 0]);
});

test("one that ignores its stop signal as well is killed, and its children with it", async () => {
  const script = "trap '' TERM; sleep 1000 & while :; do wait; done";
  await using the = await supervised({
    command: shell(script),
    alive: aliveBy(exec("echo broken; exit 3")),
    stopwaitsecs: 0.2,
  });
  const { program } = the;
  const first = program.pid!;
  await the.until(() => program.restarts === 1 && program.pid !== null);
  await until(() => !sendSignal(-first, "CONT"));
  expect(program.facts["last_failure"]).toBe("exit code 3: broken");
});

test("with autorestart=false it stays down, as FATAL, and says why", async () => {
  await using the = await supervised({ alive: aliveBy(exec("exit 1"), { failures: 1 }), autorestart: false });
  await the.until(({ state }) => state === "FATAL");
  const { reason, restarts, pid } = the.program;
  expect([reason, restarts, pid]).toEqual(["hung: exit code 1; none has succeeded since its start", 0, null]);
});

test("one that hangs again and again is started after growing delays", async () => {
  const starts: number[] = [];
  const ends: number[] = [];
  await using the = await supervised({ alive: aliveBy(exec("exit 1"), { interval: 0.01, failures: 1 }) });
  const { program, supervisor } = the;
  let before = "";
  supervisor.watch(() => {
    const { innerState } = program;
    if (innerState === before) return;
    before = innerState;
    if (innerState === "STARTING") starts.push(performance.now());
    if (innerState === "STOPPED") ends.push(performance.now());
  });
  await the.until(() => starts.length === 5);
  const delays = starts.map((start, index) => start - ends[index]!);
  // None, then 0.1 s, doubled each time; timers round to milliseconds.
  expect(delays.map((delay, index) => delay >= [0, 98, 198, 398, 798][index]!)).not.toContain(false);
  expect(program.facts["hangs"]).toBeGreaterThanOrEqual(5);
});

test("a stop by request while it is being stopped counts, and nothing is started again", async () => {
  const script = "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.02; done";
  await using the = await supervised({
    command: shell(script),
    alive: aliveBy(exec("exit 1"), { failures: 1 }),
  });
  const { program, supervisor } = the;
  // It may last no longer than a moment.
  await supervisor.until(() => program.state === "STOPPING");
  await supervisor.stop([program]);
  expect([program.state, program.restarts]).toEqual(["STOPPED", 0]);
  await supervisor.start([program]);
  await the.until(({ restarts }) => restarts === 1);
});

test("one that not even SIGKILL ends is started when it has ended after all", async () => {
  const startable: Program[] = [];
  const traced = temporaryFile("traced");
  const program = loneProgram(
    specOf("p", { alive: aliveBy(exec(`[ ! -e ${traced} ]`), { failures: 1 }), stopwaitsecs: 0 }),
    { onStartable: (changed) => startable.push(changed), hangSeconds: 0.05 },
  );
  await program.start();
  const first = program.pid!;
  const tracer = await trace(first, "seize");
  await Bun.write(traced, "");
  await until(() => program.innerState === "HUNG");
  expect([program.restarts, program.reason]).toEqual([
    0,
    `process ${first} is still there 0.05 s after KILL`,
  ]);
  tracer.kill("SIGKILL");
  await until(() => program.restarts === 1 && program.pid !== null);
  expect(startable).toEqual([]);
  await program.stop();
}, 30_000);
