import { OutputCounts } from "../../src/logs/write/output-counts.ts";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AiDockError } from "../../src/errors.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";
import { OutOfMemory } from "../../src/supervisor/exit-reason.ts";
import { launch } from "../../src/supervisor/launch.ts";
import { ProcessTree } from "../../src/supervisor/process-tree.ts";
import { startReaper } from "../../src/supervisor/reaper.ts";
import { HANG_SECONDS } from "../../src/supervisor/stop.ts";
import type { ChildExit } from "../../src/sys/children.ts";
import { closeSocket, tcpSocket } from "../../src/sys/listeners.ts";
import { bareSupervisor, specOf } from "./spec-fixture.ts";

afterAll(startReaper());

const context = {
  ...bareSupervisor,
  env: { PATH: "/usr/bin:/bin", FROM: "boot" },
  serverUrl: "unix:///s",
  memory: new OutOfMemory(),
  hangSeconds: HANG_SECONDS,
};

const nobody = { exited() {}, outputBegan() {}, output() {}, outputEnded() {} };
const unwritten = () => ({
  stdout: null,
  stderr: null,
  counts: { stdout: new OutputCounts(), stderr: new OutputCounts() },
});

/** Runs a shell script to its end; its output, and how it ended. */
async function run(script: string, more: Partial<ProgramSpec> = {}, input?: string) {
  let text = "";
  const decoder = new TextDecoder();
  const exited = Promise.withResolvers<ChildExit>();
  const written = Promise.withResolvers<void>();
  let openPipes = 0;
  const { stdin } = launch({
    context,
    spec: specOf("p", { command: ["sh", "-c", script], group: "g", ...more }),
    output: unwritten(),
    tree: new ProcessTree(),
    listener: {
      output: (chunk) => void (text += decoder.decode(chunk, { stream: true })),
      exited: exited.resolve,
      outputBegan: () => void openPipes++,
      outputEnded: () => void (--openPipes === 0 && written.resolve()),
    },
  });
  if (input !== undefined) expect(await stdin.write(Buffer.from(input))).toBeTrue();
  const [exit] = await Promise.all([exited.promise, written.promise]);
  stdin.close();
  return { exit, text };
}

test("a program gets the boot environment, supervisord's variables, and its own above both", async () => {
  const script =
    'echo "$FROM $OWN $SUPERVISOR_ENABLED $SUPERVISOR_SERVER_URL $SUPERVISOR_GROUP_NAME:$SUPERVISOR_PROCESS_NAME"';
  expect((await run(script, { environment: { OWN: "x" } })).text).toBe("boot x 1 unix:///s g:p\n");
  expect((await run(script, { environment: { FROM: "spec", OWN: "x" } })).text).toBe(
    "spec x 1 unix:///s g:p\n",
  );
  const only = { onlyEnvironment: true, command: ["/bin/sh", "-c", script] };
  expect((await run(script, only)).text).toBe("  1 unix:///s g:p\n");
});

test("it runs in its directory and session, with its umask, and descriptors 0 to 2 alone", async () => {
  const directory = mkdtempSync(join(tmpdir(), "launch-"));
  const script = "pwd -P; umask; ps -o sid= -p $$; echo $$; ls /proc/self/fd | xargs";
  const { text } = await run(script, { directory, umask: 0o77 });
  const [cwd, umask, session, pid, descriptors] = text.split("\n").map((line) => line.trim());
  expect([cwd, umask, session]).toEqual([directory, "0077", pid]);
  // ls itself has the directory open.
  expect(descriptors).toBe("0 1 2 3");
});

test("standard output is a real pipe, which can be opened again, and redirect_stderr keeps the order", async () => {
  const { text } = await run("echo one >/dev/stdout; echo two >&2; echo three", { stderr: "stdout" });
  expect(text).toBe("one\ntwo\nthree\n");
});

test("standard input is open and silent until someone writes, however much that is", async () => {
  const input = `${"x".repeat(100_000)}\n`;
  expect((await run("read line; echo ${#line}", {}, input)).text).toBe("100000\n");
});

test.each<[string, Partial<ProgramSpec>, string]>([
  ["no such command", { command: ["/no/such"] }, "can't find command '/no/such'"],
  ["none on PATH", { command: ["no-such-command"] }, "can't find command 'no-such-command'"],
  ["a directory", { command: ["/tmp"] }, "command at '/tmp' is not executable: it is a directory"],
  ["no such directory", { directory: "/no/such" }, "can't change to directory '/no/such': it is not there"],
  ["no such user", { user: "nobody-at-all" }, "can't find user 'nobody-at-all'"],
  ["a line that cannot be split", { commandError: "No closing quotation" }, "No closing quotation"],
])("what cannot be started throws what status shows: %s", (_, more, message) => {
  const start = () =>
    launch({
      context,
      spec: specOf("p", more),
      output: unwritten(),
      tree: new ProcessTree(),
      listener: nobody,
    });
  expect(start).toThrow(AiDockError);
  expect(start).toThrow(message);
});

test("it finds files that it is to inherit from descriptor 3 on, and nobody else does", async () => {
  const socket = tcpSocket(256);
  try {
    const script = "readlink /proc/self/fd/3 /proc/self/fd/4; ls /proc/self/fd | xargs";
    const inherit = () => [socket.fd, socket.fd];
    expect((await run(script, { inherit })).text).toMatch(/^(socket:\[\d+\])\n\1\n0 1 2 3 4 5\n$/);
    expect((await run("ls /proc/self/fd | xargs")).text).toBe("0 1 2 3\n");
  } finally {
    closeSocket(socket);
  }
});

test("a file that the kernel cannot execute is an error of the start, and leaves no descriptor open", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "launch-")), "garbage");
  writeFileSync(file, "\0\0\0\0", { mode: 0o755 });
  const descriptors = () =>
    Array.from(new Bun.Glob("*").scanSync({ cwd: "/proc/self/fd", onlyFiles: false })).length;
  const before = descriptors();
  for (let time = 0; time < 5; time++)
    expect(() =>
      launch({
        context,
        spec: specOf("p", { command: [file] }),
        output: unwritten(),
        tree: new ProcessTree(),
        listener: nobody,
      }),
    ).toThrow("ENOEXEC");
  // Pumps close their ends in a later turn of the event loop; a leak runs into the limit of the test.
  while (descriptors() > before) await Bun.sleep(5);
});
