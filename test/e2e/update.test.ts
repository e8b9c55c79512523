import { expect, test } from "bun:test";
import { boot, type Container, Terminal, waitFor } from "./harness.ts";

const sleeper = (name: string, extra = "") =>
  `[program:${name}]\ncommand=sleep 1000\nstartsecs=0\n${extra}\n`;

async function programs(
  container: Container,
): Promise<Record<string, { state: string; pid: number | null }>> {
  const rows = JSON.parse(await container.sh("ai-dock status --json")) as {
    name: string;
    state: string;
    pid: number | null;
  }[];
  return Object.fromEntries(rows.map(({ name, state, pid }) => [name, { state, pid }]));
}

test("update starts what is new, stops what is gone, restarts what changed, touches nothing else", async () => {
  await using container = await boot({
    programs: {
      "same.conf": sleeper("same"),
      "changed.conf": sleeper("changed"),
      "gone.conf": sleeper("gone"),
      "stopped.conf": sleeper("stopped"),
    },
  });
  await container.waitReady();
  await container.sh("ai-dock stop stopped");
  const before = await programs(container);

  container.writeProgram("changed.conf", sleeper("changed", 'environment=A="1"'));
  container.writeProgram("stopped.conf", sleeper("stopped", 'environment=A="1"'));
  container.writeProgram("gone.conf", "[program:broken]\ncommand=true\nstartsecs=soon\n");
  container.writeProgram("new.conf", sleeper("new"));
  const { stdout, stderr, code } = await container.exec(["ai-dock", "update"]);

  expect(stdout.trim().split("\n").toSorted()).toEqual([
    "changed: changed",
    "gone: removed",
    "new: added",
    "stopped: changed",
  ]);
  expect(stderr).toMatch(
    /^error: .*gone\.conf:3: startsecs: expected .*, got "soon"; program "broken" is left out\n$/,
  );
  expect(code).toBe(78);
  const after = await programs(container);
  expect(Object.keys(after).toSorted()).toEqual([
    "caddy",
    "changed",
    "cloudflared",
    "new",
    "portal",
    "rclone_mount",
    "same",
    "sshd",
    "stopped",
    "storagemonitor",
  ]);
  expect(after["same"]).toEqual(before["same"]);
  expect(after["changed"]!.pid).not.toBe(before["changed"]!.pid);
  expect(after["stopped"]).toEqual({ state: "STOPPED", pid: null });
  await waitFor(async () => (await programs(container))["new"]!.state === "RUNNING");
  const again = await container.exec(["ai-dock", "update", "--json"]);
  expect((JSON.parse(again.stdout) as { changes: unknown[] }).changes).toEqual([]);
});

test("supervisorctl names a mistake and exits with 1, and takes the sound rest", async () => {
  await using container = await boot({ programs: { "same.conf": sleeper("same") } });
  await container.waitReady();
  const ctl = (...words: string[]) => container.exec(["supervisorctl", ...words]);
  container.writeProgram("broken.conf", "[program:broken]\ncommand=true\nstartsecs=soon\n");
  const mistake =
    /^ERROR: CANT_REREAD: line 3: startsecs: expected a whole number, got "soon"; program "broken" is left out, in section 'program:broken' \(file: '[^']*\/broken\.conf'\)$/;
  for (const verb of ["reread", "update"]) {
    const { stdout, code } = await ctl(verb);
    expect(stdout.trimEnd()).toMatch(mistake);
    expect(code).toBe(1);
  }
  container.writeProgram("new.conf", sleeper("new"));
  const reread = await ctl("reread");
  expect(reread.stdout.split("\n").slice(1)).toEqual(["new: available", ""]);
  expect(reread.code).toBe(1);
  const update = await ctl("update");
  expect(update.stdout.split("\n").slice(1)).toEqual(["new: added process group", ""]);
  expect(update.code).toBe(1);
  expect(Object.keys(await programs(container))).not.toContain("broken");
  await waitFor(async () => (await programs(container))["new"]!.state === "RUNNING", { what: "the new one" });

  const before = (await programs(container))["same"];
  container.writeProgram("same.conf", sleeper("same", "priority=soon"));
  expect((await ctl("update")).stdout).toContain("priority: expected a whole number");
  expect((await programs(container))["same"]).toEqual(before);
  container.writeProgram("same.conf", sleeper("same"));

  const problem = JSON.parse((await container.exec(["ai-dock", "update", "--json"])).stdout) as object;
  expect(problem).toMatchObject({
    changes: [],
    problems: [{ severity: "error", line: 3, section: "program:broken", key: "startsecs", value: "soon" }],
  });
});

test("SIGHUP is update; SIGUSR2 goes on in new log files", async () => {
  const ticker = "[program:ticker]\ncommand=bash -c 'while sleep 0.05; do echo tick $((++n)); done'\n";
  await using container = await boot({ programs: { "ticker.conf": ticker } });
  const log = "/var/log/supervisor/ticker.log";
  await waitFor(async () => (await container.read(log)).includes("tick"), { what: "the first line" });
  await container.sh(`mv ${log} ${log}.kept`);
  await container.kill("USR2");
  await container.waitLog("log files reopened");
  const lines = async (path: string) => (await container.read(path)).trim().split("\n");
  const kept = await lines(`${log}.kept`);
  const [first] = await waitFor(async () => {
    const found = await lines(log);
    return found[0] !== "" && found;
  });
  expect(first).toBe(`tick ${kept.length + 1}`);

  container.writeProgram("new.conf", sleeper("new"));
  await container.kill("HUP");
  await container.waitLog("configuration read: new added");
  await waitFor(async () => (await programs(container))["new"]!.state === "RUNNING", { what: "the new one" });
});

test("check names what is wrong and starts nothing, with a supervisor or without", async () => {
  await using container = await boot({ env: { SSH_PORT: "abc" } });
  await container.waitReady();
  await container.sh("printf '[program:a]\\ncommand=true\\numask=9\\ndepends_on=b\\n' >/tmp/a.conf");
  expect(await programs(container)).not.toHaveProperty("a");
  const noSocket = ["bash", "-c", "rm /run/ai-dock/control.sock; exec ai-dock check /tmp/a.conf"];
  for (const argv of [["ai-dock", "check", "/tmp/a.conf"], noSocket]) {
    const { stderr, code } = await container.exec(argv);
    expect(stderr).toContain("SSH_PORT: expected a port");
    expect(stderr).toContain("/tmp/a.conf:3: umask: expected");
    expect(code).toBe(78);
  }
  const json = await container.exec(["ai-dock", "check", "--json", "/tmp/a.conf"]);
  expect((JSON.parse(json.stdout) as { problems: object[] }).problems).toContainEqual({
    severity: "error",
    message: '/tmp/a.conf:3: umask: expected an octal number such as 022, got "9"; program "a" is left out',
    file: "/tmp/a.conf",
    line: 3,
    section: "program:a",
    key: "umask",
    value: "9",
    expectation: "an octal number such as 022",
  });
  const missing = await container.exec(["ai-dock", "check", "/tmp/none.conf"]);
  expect([missing.code, missing.stderr.split("\n")[0]]).toEqual([
    2,
    'ai-dock: Expected a file, got "/tmp/none.conf"',
  ]);
});

test("status --watch shows a change, on a terminal and without", async () => {
  await using container = await boot({ programs: { "a.conf": sleeper("a") } });
  await container.waitReady();
  await container.sh("(timeout 600 ai-dock status --watch --json a >/tmp/changes 2>&1 &)");
  const changes = async () =>
    (await container.read("/tmp/changes"))
      .trim()
      .split("\n")
      .filter((line) => line !== "");
  await waitFor(async () => (await changes()).length === 1);
  await container.sh("ai-dock stop a");
  // A look may fall between: STOPPING is shown as well then.
  const states = await waitFor(async () => {
    const seen = (await changes()).map((line) => (JSON.parse(line) as { state: string }[])[0]!.state);
    return seen.at(-1) === "STOPPED" && seen;
  });
  expect([states[0], states.at(-1)]).toEqual(["RUNNING", "STOPPED"]);

  await using terminal = new Terminal(["docker", "exec", "-it", container.id, "ai-dock", "status", "-w"]);
  await terminal.waitOutput("STOPPED");
  await container.sh("ai-dock start a");
  await terminal.waitOutput("RUNNING");
});

test("status --watch shows something on a terminal that does not know its size", async () => {
  await using container = await boot({ programs: { "a.conf": sleeper("a") } });
  await container.waitReady();
  // Without a terminal of its own, docker tells the one in the container no size.
  const show = "stty rows 0 cols 0; exec timeout 60 ai-dock status --watch";
  const argv = ["docker", "exec", "--tty", container.id, "sh", "-c", show];
  await using watching = Bun.spawn(argv, { stdin: "ignore", stdout: "pipe" });
  let shown = "";
  for await (const bytes of watching.stdout) {
    shown += Buffer.from(bytes).toString();
    if (shown.includes("RUNNING")) break;
  }
  expect(shown).toContain("RUNNING");
});

test("TAB completes commands, flags, programs and groups in a login shell", async () => {
  const group = "[group:g]\nprograms=one,two\n";
  await using container = await boot({ programs: { "g.conf": sleeper("one") + sleeper("two") + group } });
  await container.waitReady();
  const complete = async (line: string) =>
    (
      await container.sh(
        `bash -ic 'COMP_LINE="$1"; COMP_POINT=\${#1}; _ai_dock; printf "%s\\n" "\${COMPREPLY[@]}"' - "${line}" 2>/dev/null`,
      )
    ).split("\n");
  expect(await complete("ai-dock sta")).toEqual(["status", "start"]);
  expect(await complete("ai-dock status --")).toEqual(["--json", "--watch", "--help"]);
  expect(await complete("ai-dock restart ")).toEqual([
    "storagemonitor",
    "cloudflared",
    "sshd",
    "rclone_mount",
    "portal",
    "caddy",
    "g:one",
    "g:two",
    "g:*",
    "all",
  ]);
  expect(await complete("ai-dock stop g:o")).toEqual(["one"]);
  expect(await complete("ai-dock stop g:")).toEqual(["one", "two", "*"]);
  expect(await complete("ai-dock stop nobody")).toEqual([""]);
  expect(await complete("logtail.sh su")).toEqual(["supervisor"]);
});
