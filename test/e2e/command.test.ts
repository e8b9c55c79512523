import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, must, runAttached, runTerminal, tempFolder } from "./harness.ts";

/** A line of its own: our log names the supervisor. The shell has its traps by then. */
const UP = /^up$/m;

/** Needs a moment for a clean end. */
const SLOW = `[program:app]\ncommand=bash -c 'trap "sleep 1; echo app goes; exit" TERM; echo up; while :; do sleep 0.05; done'\n`;

describe("a main command", () => {
  test.each([
    [["true"], 0],
    [["false"], 1],
    [["sh", "-c", "exit 42"], 42],
    [["/etc/passwd"], 126],
    [["no-such-program"], 127],
    [["sh", "-c", "kill -TERM $$"], 143],
  ])("%p ends the container with %d", async (cmd, code) => {
    expect((await runAttached({ cmd })).code).toBe(code);
  });

  test("in a PID namespace that others have begun it is the container's, too", async () => {
    await using other = await boot({ entrypoint: "sleep", cmd: ["1000"] });
    const more = ["--pid", `container:${other.id}`];
    expect((await runAttached({ cmd: ["sh", "-c", "exit 7"], more })).code).toBe(7);
    expect(await other.exec(["ai-dock", "no-such-program"])).toMatchObject({ code: 2 });
    expect((await other.state()).Running).toBeTrue();
  });

  test("in the PID namespace of the host it is the container's, too", async () => {
    const more = ["--pid", "host"];
    expect(await runAttached({ cmd: ["sh", "-c", "echo hi; exit 7"], more })).toMatchObject({
      stdout: "hi\n",
      code: 7,
    });
    await using container = await boot({ cmd: ["sleep", "1000"], more });
    await container.waitReady();
    expect(await container.exec(["ai-dock", "sleep"])).toMatchObject({ code: 2 });
  });

  test("standard output is the command's alone, and standard input reaches it byte for byte", async () => {
    const stdin = "one\n\0two\u{1F600}\nno newline at the end";
    const { stdout, code } = await runAttached({ cmd: ["cat"], stdin });
    expect(stdout).toBe(stdin);
    expect(code).toBe(0);
  });

  test("words after -- are the command's, flags included", async () => {
    const { stdout } = await runAttached({
      args: ["GREETING=hello"],
      cmd: ["sh", "-c", 'echo "$GREETING $1"', "sh", "--help"],
    });
    expect(stdout).toBe("hello --help\n");
  });

  test("one that does not obey SIGTERM is ended in time, and the programs are stopped as ever", async () => {
    const program =
      '[program:app]\ncommand=bash -c "trap \\"echo app goes; exit\\" TERM; echo up; while :; do sleep 0.05; done"\n';
    await using container = await boot({
      cmd: ["bash", "-c", 'trap "" TERM; echo up; while :; do sleep 0.05; done'],
      programs: { "app.conf": program },
      env: { AI_DOCK_STOP_TIMEOUT: "12" },
    });
    await container.waitLog(UP);
    await container.waitLog("app | up");
    const { code, ms } = await container.stop(60);
    expect(code).toBe(137);
    expect(ms).toBeLessThan(40_000);
    await container.waitLog(/app goes[^]*init stopped/);
  });

  test("supervisorctl shutdown ends it, too", async () => {
    await using container = await boot({
      cmd: ["bash", "-c", 'trap "" TERM; echo up; while :; do sleep 0.05; done'],
      env: { AI_DOCK_STOP_TIMEOUT: "10" },
    });
    await container.waitLog(UP);
    await container.sh("supervisorctl shutdown");
    expect(await container.wait()).toBe(0);
  });

  test("supervisorctl shutdown gives it and the programs the time that docker stop gives them", async () => {
    const folder = tempFolder();
    const goes = "until [ -e /out/told ]; do sleep 0.05; done; touch /out/gone; echo command goes; exit 5";
    await using container = await boot({
      cmd: ["bash", "-c", `trap "${goes}" TERM; echo up; while :; do sleep 0.05; done`],
      programs: { "app.conf": SLOW.replace("sleep 1;", "ls /out; sleep 1;") },
      mounts: [`${folder}:/out`],
    });
    await container.waitLog(UP);
    await container.waitLog("app | up");
    await container.sh("supervisorctl shutdown");
    writeFileSync(join(folder, "told"), "");
    expect(await container.wait()).toBe(0);
    await container.waitLog("command goes");
    const log = await container.waitLog(/app \| gone[^]*app goes[^]*init stopped/);
    expect(log).not.toContain("killing it");
  });

  test("a command that cannot run is named in one line", async () => {
    const { stderr } = await runAttached({ cmd: ["no-such-program"] });
    expect(stderr).toContain("ai-dock: can't find command 'no-such-program'\n");
  });

  test("signals reach it, and its own exit code ends the container", async () => {
    const script =
      'trap "echo got usr1" USR1; trap "echo got term; exit 5" TERM; echo up; while :; do sleep 0.05; done';
    await using container = await boot({ cmd: ["bash", "-c", script] });
    await container.waitLog(UP);
    await container.kill("USR1");
    await container.waitLog("got usr1");
    expect((await container.stop()).code).toBe(5);
    await container.waitLog("got term");
  });

  test("it runs under docker's own init, too", async () => {
    const { stdout, code } = await runAttached({ init: true, cmd: ["sh", "-c", "cat /proc/1/comm; exit 3"] });
    expect(stdout).not.toContain("ai-dock");
    expect(code).toBe(3);
  });

  test("programs run beside it and are gone with it", async () => {
    const folder = tempFolder();
    const { code } = await runAttached({
      mounts: [`${folder}:/out`],
      programs: {
        "beside.conf": `[program:beside]\ncommand=sh -c 'trap "echo stopped > /out/stopped; exit" TERM; touch /out/up; while :; do sleep 0.05; done'\nstopasgroup=true\n`,
      },
      cmd: ["sh", "-c", "until [ -e /out/up ]; do sleep 0.05; done"],
    });
    expect(code).toBe(0);
    expect(await Bun.file(`${folder}/stopped`).text()).toBe("stopped\n");
  });
});

describe("ai-dock shell", () => {
  test("ends as its command does, and with 126 or 127 when that cannot run", async () => {
    await using container = await boot();
    await container.waitReady();
    const shell = (...line: string[]) => container.exec(["ai-dock", "shell", "--", ...line]);
    expect((await shell("sh", "-c", "exit 42")).code).toBe(42);
    expect((await shell("sh", "-c", "kill -TERM $$")).code).toBe(143);
    expect(await shell("/etc/passwd")).toEqual({
      stdout: "",
      stderr: "ai-dock: command at '/etc/passwd' is not executable: its mode does not allow it\n",
      code: 126,
    });
    expect((await shell("/etc")).code).toBe(126);
    expect(await shell("no-such-program")).toEqual({
      stdout: "",
      stderr: "ai-dock: can't find command 'no-such-program'\n",
      code: 127,
    });
  });

  test.each(["TERM", "HUP", "USR1"])("passes SIG%s on to its command", async (signal) => {
    await using container = await boot();
    await container.waitReady();
    const command = `trap "echo got it; exit 5" ${signal}; touch /tmp/up; while :; do sleep 0.05; done`;
    const script = [
      `ai-dock shell -- bash -c '${command}' & shell=$!`,
      "until [ -e /tmp/up ]; do sleep 0.05; done",
      `kill -${signal} $shell; wait $shell; echo code=$?`,
    ].join("\n");
    expect(await container.sh(script)).toBe("got it\ncode=5");
  });
});

describe("a main command on a terminal", () => {
  test("has job control, Ctrl-C, Ctrl-Z and the window's size", async () => {
    await using terminal = runTerminal({ cmd: ["bash", "--norc"] });
    const runs = (command: string) => {
      const script = `until pgrep -xf '${command}'; do sleep 0.05; done`;
      return must(["docker", "exec", terminal.container ?? "", "timeout", "60", "sh", "-c", script]);
    };
    const send = async (line: string, answer: string | RegExp) => {
      terminal.write(`${line}\r`);
      await terminal.waitOutput(answer);
    };
    // The engine sets it a moment after the start.
    await send("until stty size | grep -q '24 80'; do sleep 0.05; done; echo sized", /\rsized/);
    terminal.write("sleep 300; echo interrupted=$?\r");
    await terminal.waitOutput("sleep 300");
    await runs("sleep 300");
    terminal.write("\u0003");
    await terminal.waitOutput("^C");
    terminal.write("sleep 301\r");
    await runs("sleep 301");
    terminal.write("\u001A");
    await terminal.waitOutput(/Stopped\s+sleep 301/);
    terminal.resize(100, 40);
    await send("until [ \"$(stty size)\" = '40 100' ]; do sleep 0.05; done; echo resized", /\rresized/);
    await send("exit 9", "There are stopped jobs");
    terminal.write("exit 9\r");
    expect(await terminal.exited).toBe(9);
  });
});
