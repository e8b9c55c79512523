import { describe, expect, test } from "bun:test";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { boot, type Container, tempFolder, waitFor } from "./harness.ts";

interface Status {
  name: string;
  state: string;
  pid: number | null;
  restarts: number;
  exit_code: number | null;
  signal: string | null;
  reason: string | null;
}

async function status(container: Container): Promise<Status[]> {
  return JSON.parse(await container.sh("ai-dock status --json"));
}

const zombies = "grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l";

/** 200 programs that each end with a code of their own, some by a signal. */
function exiting(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const end = index % 10 === 0 ? "kill -9 $$" : `exit ${index}`;
    return `[program:exit${index}]\ncommand=sh -c 'sleep 0.2; ${end}'\nstartsecs=0\nautorestart=false\n`;
  }).join("\n");
}

describe("orphans and children", () => {
  // One after the other: each takes all processors there are.
  test.serial.each([false, true])(
    "10,000 orphans are reaped while 200 children end with the right codes (docker run --init: %p)",
    async (init) => {
      const orphans =
        "[program:orphans]\ncommand=bun /fixtures/orphans-fixture.ts 10000\nstartsecs=0\nautorestart=false\n";
      await using container = await boot({
        init,
        fixtures: true,
        programs: { "a.conf": exiting(200), "b.conf": orphans },
      });
      // They alone take ten seconds of a machine that does nothing else.
      await container.waitLog("done 10000", { limit: 300_000 });
      const programs = await waitFor(async () => {
        const all = await status(container);
        return all.every(({ state }) => state === "EXITED" || state === "STOPPED") && all;
      });
      const seen = programs
        .filter(({ name }) => name.startsWith("exit"))
        .map(({ name, exit_code, signal }) => [name, exit_code, signal]);
      const wanted = Array.from({ length: 200 }, (_, index) => [
        `exit${index}`,
        index % 10 === 0 ? null : index,
        index % 10 === 0 ? "KILL" : null,
      ]);
      const byName = (a: unknown[], b: unknown[]) => String(a[0]).localeCompare(String(b[0]));
      expect(seen.toSorted(byName)).toEqual(wanted.toSorted(byName));
      await waitFor(async () => (await container.sh(zombies)) === "0", { what: "no zombie" });
    },
  );
});

/** A seccomp profile that denies one system call with this error, and nothing else. */
function denying(call: string, errno: number): string {
  const profile = join(tempFolder(), "seccomp.json");
  const denied = { names: [call], action: "SCMP_ACT_ERRNO", errnoRet: errno };
  writeFileSync(profile, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [denied] }));
  return `seccomp=${profile}`;
}

describe.each([
  ["EPERM", 1],
  ["ENOSYS", 38],
])("where pidfd_open fails with %s", (_, errno) => {
  test("orphans leave no zombie, and the exit of a program is still seen", async () => {
    await using container = await boot({
      securityOpt: [denying("pidfd_open", errno)],
      programs: { "exits.conf": "[program:exits]\ncommand=sh -c 'exit 7'\nstartsecs=0\nautorestart=false\n" },
    });
    await waitFor(
      async () => (await status(container)).find(({ name }) => name === "exits")?.exit_code === 7,
      {
        what: "the exit code of a program",
      },
    );
    // Each subshell leaves its sleep to PID 1: whoever calls `docker exec` is no process of the container.
    await container.sh("for i in $(seq 125); do (sleep 0.2 &); done");
    const sleeps = "grep -ls '^Name:.sleep' /proc/[0-9]*/status | wc -l";
    await waitFor(async () => (await container.sh(sleeps)) === "0", {
      what: "no sleep, not even as a zombie",
    });
  });
});

describe("stopping", () => {
  test("a program that double-forks with setsid and a clean environment leaves nothing", async () => {
    const fork = `sh -c 'setsid sh -c "sleep 7001 & setsid env -i sleep 7002 &" & setsid sleep 7003 & exec sleep 7000'`;
    await using container = await boot({ programs: { "fork.conf": `[program:fork]\ncommand=${fork}\n` } });
    const left = "pgrep -fc '^sleep 700' || true";
    await waitFor(async () => (await container.sh(left)) === "4", { what: "all four sleeps" });
    await container.waitReady();
    expect(await container.sh("ai-dock stop fork")).toBe("fork: stopped");
    expect(await container.sh(left)).toBe("0");
  });

  test("a container with a program that ignores SIGTERM stops within its deadline, with 0", async () => {
    const stubborn = `[program:stubborn]\ncommand=sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'\n`;
    await using container = await boot({
      env: { AI_DOCK_STOP_TIMEOUT: "3" },
      programs: { "stubborn.conf": stubborn.replace("\ncommand", "\nstopwaitsecs=50\ncommand") },
    });
    await container.waitLog("stubborn | up");
    // Its own time to stop, and that of docker, is longer.
    expect((await container.stop(60)).code).toBe(0);
    expect(await container.stopMilliseconds()).toBeLessThan(10_000);
    await container.waitLog("stubborn did not stop within");
  });

  test("a second SIGTERM hurries", async () => {
    const stubborn = `[program:stubborn]\ncommand=sh -c 'trap "" TERM; echo up; while :; do sleep 0.1; done'\n`;
    await using container = await boot({
      env: { AI_DOCK_STOP_TIMEOUT: "60" },
      programs: { "stubborn.conf": stubborn.replace("\ncommand", "\nstopwaitsecs=50\ncommand") },
    });
    await container.waitLog("stubborn | up");
    await container.kill("TERM");
    await container.waitLog("stopping");
    await container.kill("TERM");
    expect(await container.wait()).toBe(0);
  });

  test("the SIGTERM that follows a shutdown by supervisorctl does not hurry", async () => {
    const slow = `[program:slow]\nstopwaitsecs=50\ncommand=bash -c 'trap "until [ -e /tmp/go ]; do sleep 0.1; done; echo slow goes; exit" TERM; echo up; while :; do sleep 0.05; done'\n`;
    await using container = await boot({
      env: { AI_DOCK_STOP_TIMEOUT: "60" },
      programs: { "slow.conf": slow },
    });
    await container.waitLog("slow | up");
    await container.sh("supervisorctl shutdown");
    await container.waitLog("init stopping");
    await container.kill("TERM");
    // PID 1 has the signal when it has answered.
    await container.sh("ai-dock status slow | grep STOPPING; touch /tmp/go");
    expect(await container.wait()).toBe(0);
    await container.waitLog(/slow goes[^]*init stopped/);
  });

  test("programs stop in reverse order of priority", async () => {
    const program = (name: string, priority: number) =>
      `[program:${name}]\npriority=${priority}\nstopasgroup=true\n` +
      `command=bash -c 'trap "sleep 0.3; echo bye; exit" TERM; echo up; while :; do sleep 0.05; done'\n`;
    await using container = await boot({
      env: { AI_DOCK_STOP_TIMEOUT: "50" },
      programs: { "order.conf": program("first", 1) + program("second", 2) + program("third", 3) },
    });
    for (const name of ["first", "second", "third"]) await container.waitLog(`${name} | up`);
    expect((await container.stop(60)).code).toBe(0);
    const goodbyes = [...(await container.logs()).matchAll(/^(\w+) \| bye$/gm)].map(([, name]) => name);
    expect(goodbyes).toEqual(["third", "second", "first"]);
  });
});

describe("supervision", () => {
  test("a killed program runs again at once, and status counts it", async () => {
    await using container = await boot({
      programs: { "p.conf": "[program:p]\ncommand=sleep 600\nstartsecs=0\nautorestart=true\n" },
    });
    await container.waitReady();
    const find = async () => (await status(container)).find(({ name }) => name === "p");
    const before = await find();
    await container.sh(`kill -9 ${before?.pid}`);
    const after = await waitFor(async () => {
      const now = await find();
      return now?.state === "RUNNING" && now.pid !== before?.pid && now;
    });
    expect(after.restarts).toBe(1);
  });

  test("start, stop, restart and signal do what they say", async () => {
    const program = `[program:p]\ncommand=bash -c 'trap "echo hup" HUP; echo up; while :; do sleep 0.05; done'\nstopasgroup=true\n`;
    await using container = await boot({ programs: { "p.conf": program } });
    await container.waitReady();
    // The shell has its trap by then.
    await container.waitLog("p | up");
    const call = async (...argv: string[]) => {
      const { stdout, code } = await container.exec(["ai-dock", ...argv]);
      return [stdout.trim(), code];
    };
    expect(await call("start", "p")).toEqual(["p: already started", 0]);
    expect(await call("signal", "HUP", "p")).toEqual(["p: signalled", 0]);
    await container.waitLog("p | hup");
    expect(await call("stop", "p")).toEqual(["p: stopped", 0]);
    expect((await call("status", "p"))[1]).toBe(3);
    expect(await call("stop", "p")).toEqual(["p: not running", 0]);
    expect(await call("signal", "HUP", "p")).toEqual(["p: ERROR not running", 1]);
    expect((await call("health"))[1]).toBe(0);
    expect(await call("restart", "p")).toEqual(["p: restarted", 0]);
    expect((await call("status", "p"))[1]).toBe(0);
  });

  test("a program that cannot start turns FATAL, says why, and makes the container unhealthy", async () => {
    const broken = "[program:broken]\ncommand=/no/such/program\nstartretries=1\n";
    await using container = await boot({ programs: { "broken.conf": broken } });
    const fatal = await waitFor(async () =>
      (await status(container)).find(({ name, state }) => name === "broken" && state === "FATAL"),
    );
    expect(fatal.reason).toBe("can't find command '/no/such/program'");
    const health = await container.exec(["ai-dock", "health"]);
    expect(health.stdout).toContain("broken: FATAL (can't find command '/no/such/program')");
    expect(health.code).toBe(1);
  });

  test("a drop-in that cannot be looked at costs nothing else", async () => {
    const folder = tempFolder();
    symlinkSync("loop.conf", join(folder, "loop.conf"));
    writeFileSync(join(folder, "app.conf"), "[program:app]\ncommand=sleep 1000\n");
    await using container = await boot({ mounts: [`${folder}:/etc/supervisor/conf.d`] });
    await container.waitLog("/etc/supervisor/conf.d/loop.conf");
    await waitFor(async () =>
      (await status(container)).find(({ name, state }) => name === "app" && state === "RUNNING"),
    );
    expect((await container.stop()).code).toBe(0);
  });

  test("AI_DOCK_ON_FATAL=exit ends the container with 1", async () => {
    await using container = await boot({
      env: { AI_DOCK_ON_FATAL: "exit" },
      programs: { "broken.conf": "[program:broken]\ncommand=/no/such/program\nstartretries=0\n" },
    });
    expect(await container.wait()).toBe(1);
  });

  test("a program starts when what it depends on is ready, and not before", async () => {
    // With time enough in STARTING for whoever looks; being ready ends it.
    const programs = {
      "app.conf":
        "[program:app]\npriority=1\ndepends_on=base\ncommand=sh -c 'ls /tmp/base-is-up && echo in order; sleep 600'\n",
      "base.conf":
        "[program:base]\npriority=2\nstartsecs=600\nready=exec:test -e /tmp/base-is-up\ncommand=sh -c 'until [ -e /tmp/go ]; do sleep 0.05; done; touch /tmp/base-is-up; sleep 600'\n",
    };
    await using container = await boot({ programs });
    await container.waitLog("base started");
    const app = (await status(container)).find(({ name }) => name === "app");
    expect(app).toMatchObject({ state: "STOPPED", reason: "waiting for base (STARTING)" });
    expect((await container.exec(["ai-dock", "health"])).code).toBe(1);
    await container.sh("touch /tmp/go");
    await container.waitLog("app | in order");
    await container.waitReady();
  });

  test("a proxy in the environment is in nobody's way inside the container", async () => {
    const dead = "http://127.0.0.1:9";
    await using container = await boot({
      fixtures: true,
      env: { HTTP_PROXY: dead, http_proxy: dead, HTTPS_PROXY: dead, ALL_PROXY: dead },
      programs: {
        "web.conf":
          "[program:web]\nready=http://127.0.0.1:8000/\nstartsecs=600\ncommand=bun /fixtures/web-fixture.ts 8000\n",
      },
    });
    await container.waitReady();
    expect((await status(container)).find(({ name }) => name === "web")).toMatchObject({ state: "RUNNING" });
  });

  test("AI_DOCK_DISABLE keeps a program down, with the reason in status", async () => {
    await using container = await boot({
      env: { AI_DOCK_DISABLE: "p" },
      programs: { "p.conf": "[program:p]\ncommand=sleep 600\n" },
    });
    await container.waitReady();
    const p = (await status(container)).find(({ name }) => name === "p");
    expect(p).toMatchObject({ state: "STOPPED", reason: "switched off by AI_DOCK_DISABLE" });
    expect(await container.sh("ai-dock start p")).toBe("p: started");
  });

  test("children get clean signals, only their own descriptors, and a group of their own", async () => {
    const show = `sh -c 'grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/self/fd | wc -w; ps -o pid=,pgid= -p $$ | xargs; sleep 600'`;
    await using container = await boot({ programs: { "show.conf": `[program:show]\ncommand=${show}\n` } });
    const log = await container.waitLog(/^show \| \d+ \d+$/m);
    const lines = log.split("\n").flatMap((line) => /^show \| (.*)$/.exec(line)?.[1] ?? []);
    expect(lines.slice(0, 2)).toEqual(["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"]);
    // ls itself has one more open: the directory.
    expect(lines[2]).toBe("4");
    const [pid, group] = lines[3]?.split(" ") ?? [];
    expect(pid).toBe(group as string);
  });

  test("programs and the main command get the container's own limits of open files; ours is the hard one", async () => {
    const show = 'echo "$(ulimit -Sn) $(ulimit -Hn)"';
    await using container = await boot({
      more: ["--ulimit", "nofile=1024:4096"],
      programs: { "show.conf": `[program:show]\ncommand=bash -c '${show}; exec sleep 600'\n` },
      cmd: ["bash", "-c", `${show}; exec sleep 600`],
    });
    await container.waitLog(/^show \| 1024 4096$/m);
    await container.waitLog(/^1024 4096$/m);
    expect(await container.sh("grep 'open files' /proc/1/limits | xargs")).toBe(
      "Max open files 4096 4096 files",
    );
  });
});
