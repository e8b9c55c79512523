import { describe, expect, test } from "bun:test";
import { boot, must, waitFor } from "./harness.ts";

const LOGS = "/var/log/supervisor";

describe("logs", () => {
  test("docker logs shows boot and every program prefixed, in order", async () => {
    const count =
      "[program:count]\ncommand=bash -c 'for i in {1..2000}; do echo line $i; done; echo end >&2; sleep 600'\n";
    await using container = await boot({ programs: { "count.conf": count } });
    // Its two streams come by a pipe each.
    await container.waitLog("count | end");
    const log = await container.waitLog(/^count \| line 2000$/m);
    const lines = log.split("\n").flatMap((line) => /^count \| line (\d+)$/.exec(line)?.[1] ?? []);
    expect(lines.map(Number)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
    expect(log).toMatch(/^boot \| \S+ info workspace /m);
    expect(
      await container.sh(
        "grep -c line /var/log/supervisor/count*stdout*.log /var/log/supervisor/count.log 2>/dev/null | tail -n 1",
      ),
    ).toContain("2000");
  });

  test("docker logs gets a burst as a whole, through rotated generations", async () => {
    // 40 MB; Docker takes less in a second.
    const writer =
      "bash -c 'seq -f %%09.0f-----------------------------------------------------------------------------------------x 400000; sleep 600'";
    const burst = `[program:burst]\ncommand=${writer}\nstdout_logfile_maxbytes=5MB\nstdout_logfile_backups=10\n`;
    await using container = await boot({ programs: { "burst.conf": burst } });
    const last = `burst | 000400000${"-".repeat(89)}x`;
    // The whole log is read once: that takes docker longer than anything else here.
    const tail = ["docker", "logs", "--tail", "50", container.id];
    await waitFor(async () => (await must(tail)).split("\n").includes(last), {
      what: "the last line",
      detail: () => must(tail),
    });
    const log = await container.logs();
    const numbers = log.split("\n").flatMap((line) => /^burst \| (\d{9})-{89}x$/.exec(line)?.[1] ?? []);
    expect(numbers.length).toBe(400_000);
    expect(numbers.every((number, index) => Number(number) === index + 1)).toBe(true);
  });

  test("docker logs leaves out whose output nobody wants there", async () => {
    const echo = (name: string, more: string) =>
      `[program:${name}]\ncommand=bash -c 'echo from ${name}; sleep 600'\n${more}\n`;
    const programs = {
      "a.conf": echo("a", "") + echo("b", "container_log=false") + echo("c", "stdout_logfile=/dev/stdout"),
    };
    await using container = await boot({ programs });
    await container.waitLog("c | from c");
    await container.waitLog("a | from a");
    await waitFor(async () => (await container.sh("ai-dock logs -n 1 b")) === "b | from b", {
      what: "the file",
    });
    expect(await container.logs()).not.toContain("from b");
    await using silent = await boot({ programs, env: { AI_DOCK_LOG_CONTAINER: "b" } });
    await silent.waitLog("b | from b");
    await silent.waitLog("c | from c");
    await waitFor(async () => (await silent.sh("ai-dock logs -n 1 a")) === "a | from a", {
      what: "the file",
    });
    expect(await silent.logs()).not.toContain("from a");
  });

  test("ai-dock logs shows the last lines, and knows its names", async () => {
    const program = "[program:p]\ncommand=bash -c 'printf \"%s\\n\" one two three; sleep 600'\n";
    await using container = await boot({ programs: { "p.conf": program.replace("%s", "%%s") } });
    await container.waitLog("p | three");
    expect(await container.sh("ai-dock logs -n 2 p")).toBe("p | two\np | three");
    expect(await container.sh("ai-dock logs -n 1 --no-prefix p")).toBe("three");
    expect(JSON.parse(await container.sh("ai-dock logs -n 1 --json p"))).toEqual({
      name: "p",
      stream: "stdout",
      line: "three",
    });
    const unknown = await container.exec(["ai-dock", "logs", "nobody"]);
    expect(unknown.stderr).toContain("No such log: expected one of boot, p, ");
    expect(unknown.code).toBe(1);
  });

  test("ai-dock logs -f sees a program that starts later, and survives rotation without a lost line", async () => {
    const late =
      "[program:late]\nautostart=false\nstdout_logfile=/var/log/supervisor/late.log\n" +
      "stdout_logfile_maxbytes=2KB\nstdout_logfile_backups=50\n" +
      "command=bash -c 'for i in {1..1000}; do echo line $i; [ $((i %% 50)) = 0 ] && sleep 0.02; done; sleep 600'\n";
    await using container = await boot({ programs: { "late.conf": late } });
    await container.waitReady();
    await container.exec(["sh", "-c", "ai-dock logs -f late > /tmp/followed 2>&1 & echo $! > /tmp/follower"]);
    // One that comes too late would begin with the last lines.
    await waitFor(
      async () => (await container.sh("ls -l /proc/$(cat /tmp/follower)/fd")).includes("inotify"),
      { what: "the follower to watch" },
    );
    await container.sh("ai-dock start late");
    await waitFor(async () => (await container.read("/tmp/followed")).includes("line 1000"), {
      what: "the last line",
      detail: () => container.read("/tmp/followed"),
    });
    const followed = (await container.read("/tmp/followed")).trim().split("\n");
    expect(followed).toEqual(Array.from({ length: 1000 }, (_, index) => `late | line ${index + 1}`));
    expect(Number(await container.sh("ls /var/log/supervisor/late.log.* | wc -l"))).toBeGreaterThan(2);
  });

  test("a prompt and a progress bar show in docker logs and logs -f; files keep their bytes", async () => {
    const wait = "until [ -e /tmp/go ]; do sleep 0.05; done";
    const bar = `i=0; until [ -e /tmp/go ]; do printf "\\r%%3d%%%%" $((i += 1)); sleep 0.05; done; printf "\\rall\\n"`;
    await using container = await boot({
      programs: {
        "ask.conf": `[program:ask]\ncommand=bash -c 'printf "Downloading… "; ${wait}; echo done; sleep 600'\n`,
        "bar.conf": `[program:bar]\ncommand=bash -c '${bar}; sleep 600'\n`,
      },
    });
    await container.exec(["sh", "-c", "ai-dock logs -f ask bar >/tmp/followed 2>&1 &"]);
    await container.waitLog(/^ask \| Downloading… $/m);
    await container.waitLog(/(^bar \| +\d+%$[^]*){2}/m);
    const followed = () => container.read("/tmp/followed");
    await waitFor(async () => /bar \| +\d+%[^]*bar \| +\d+%/.test(await followed()), {
      what: "two forms of the bar",
      detail: followed,
    });
    await waitFor(async () => (await followed()).includes("ask | Downloading… "), {
      what: "the prompt",
      detail: followed,
    });
    await waitFor(async () => /^(\r +\d+%){20,}/.test(await container.read(`${LOGS}/bar.log`)), {
      what: "twenty forms of the bar",
    });
    await container.sh("touch /tmp/go");
    await container.waitLog(/^ask \| Downloading… done$/m);
    const log = await container.waitLog(/^bar \| all$/m);
    expect(log).not.toContain("\r");
    await waitFor(async () => (await followed()).includes("bar | all\n"), { what: "the end of the bar" });
    expect(await container.read(`${LOGS}/ask.log`)).toBe("Downloading… done\n");
    expect(await container.read(`${LOGS}/bar.log`)).toMatch(/^(\r +\d+%){20,}\rall\n$/);
  });

  test("ai-dock logs --since shows what came since then, although the file holds no times", async () => {
    const script = "echo early; until [ -e /tmp/go ]; do sleep 0.05; done; echo late; sleep 600";
    await using container = await boot({
      programs: { "p.conf": `[program:p]\ncommand=bash -c '${script}'\n` },
    });
    await container.waitLog("p | early");
    // Times are kept to the second.
    const moment = await container.sh(
      "s=$(date +%s); until [ $(date +%s) -ge $((s + 2)) ]; do sleep 0.05; done; date +%s",
    );
    await container.sh("touch /tmp/go");
    await container.waitLog("p | late");
    expect(await container.sh(`ai-dock logs --since ${moment} p`)).toBe("p | late");
    expect(await container.sh("ai-dock logs --since 1h p")).toBe("p | early\np | late");
    expect((await container.exec(["ai-dock", "logs", "--since", "soon"])).code).toBe(2);
  });

  test("ai-dock logs takes what status and doctor call a program, and says where its output is", async () => {
    const programs = {
      "app.conf":
        "[program:app]\ncommand=sh -c 'echo hello; exec sleep 600'\nnumprocs=2\nprocess_name=%(program_name)s_%(process_num)02d\n",
      "out.conf":
        "[program:out]\ncommand=sh -c 'echo there; exit 7'\nstartretries=0\nautorestart=false\nstdout_logfile=/dev/stdout\nredirect_stderr=true\n",
    };
    await using container = await boot({ programs });
    for (const line of ["app_00 | hello", "app_01 | hello", "out | there"]) await container.waitLog(line);
    const logs = (...words: string[]) => container.exec(["ai-dock", "logs", ...words]);
    expect((await logs("app:app_00")).stdout).toBe("app_00 | hello\n");
    expect((await logs("app")).stdout.split("\n").toSorted()).toEqual([
      "",
      "app_00 | hello",
      "app_01 | hello",
    ]);
    for (const words of [["out"], ["-f", "out"]])
      expect(await logs(...words)).toEqual({
        stdout: "",
        stderr: 'ai-dock: The output of "out" is in docker logs only\n',
        code: 1,
      });
    expect((await logs("out", "app:app_01")).stdout).toBe("app_01 | hello\n");
    await container.waitLog(/out (FATAL|EXITED)/);
    expect(await container.sh("ai-dock doctor || true")).toContain("→ its output is in docker logs only");
  });

  test("a folder or a loop in place of a log, and a user without rights, cost a line at most", async () => {
    await using container = await boot();
    await container.waitReady();
    await container.sh("cd /var/log/supervisor; mkdir folder.log; ln -s loop.log loop.log");
    expect(await container.exec(["ai-dock", "logs", "-n", "1", "boot"])).toMatchObject({
      stderr: "",
      code: 0,
    });
    expect(await container.exec(["ai-dock", "logs"])).toMatchObject({ stderr: "", code: 0 });
    const nobody = (...words: string[]) => container.exec(["ai-dock", ...words], { user: "nobody" });
    expect(await nobody("logs")).toEqual({
      stdout: "",
      stderr: "ai-dock: No access: these logs may be read by root only\nTry docker exec --user 0\n",
      code: 1,
    });
    for (const command of ["status", "health"])
      expect(await nobody(command)).toEqual({
        stdout: "",
        stderr:
          "ai-dock: No access: the supervisor of this container may be used by root only\nTry docker exec --user 0\n",
        code: 4,
      });
    // Whose init runs here is not asked by a user without rights, who boots no second one.
    expect((await nobody("ls")).code).toBe(2);
    const { stdout } = await nobody("doctor");
    expect(stdout).toContain("may be used by root only");
    expect(stdout).not.toContain("is not running");
  });

  test("logtail.sh follows everything", async () => {
    await using container = await boot();
    await container.waitReady();
    await container.exec(["sh", "-c", "logtail.sh > /tmp/followed & "]);
    await waitFor(async () => (await container.read("/tmp/followed")).includes("boot | "));
  });
});
