import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSource } from "../../../src/features/idle/activity/check.ts";
import { connectionsSource, type Ports } from "../../../src/features/idle/activity/connections.ts";
import { cpuSource } from "../../../src/features/idle/activity/cpu.ts";
import { gpuSource } from "../../../src/features/idle/activity/gpu.ts";
import { provisioningSource } from "../../../src/features/idle/activity/provisioning.ts";
import { SshSessions } from "../../../src/features/idle/activity/ssh.ts";
import { terminalsSource } from "../../../src/features/idle/activity/terminals.ts";
import { webSource } from "../../../src/features/idle/activity/web.ts";
import { emptyReport, unknownGpu } from "../../../src/sys/gpus/types.ts";
import type { NamedProcess } from "../../../src/sys/process-names.ts";
import type { TcpSocket } from "../../../src/sys/tcp-sockets.ts";

const MINUTE = 60_000;

/** Looks at connections, a minute apart. */
function world(ports: Partial<Ports> = {}) {
  let time = 0;
  let sockets: TcpSocket[] = [];
  let processes: NamedProcess[] = [];
  const now = () => time;
  const sessions = new SshSessions(now, () => processes);
  const source = connectionsSource({
    sessions,
    ports: () => ({ ssh: new Set([22]), guarded: new Set(), apps: new Set(), ...ports }),
    traffic: () => 4096,
    list: () => sockets,
    now,
  });
  return {
    sessions,
    /** Activity as texts, with these sockets. */
    look: async (next: TcpSocket[], list: NamedProcess[] = [], milliseconds = MINUTE) => {
      time += milliseconds;
      sockets = next;
      processes = list;
      return (await source.look()).map(
        ({ source: kind, detail, measured }) => `${kind}: ${detail}${measured ? "" : " (unmeasured)"}`,
      );
    },
  };
}

const socket = (localPort: number, bytes: number | undefined, more: Partial<TcpSocket> = {}): TcpSocket => ({
  id: `${localPort}`,
  isListening: false,
  localPort,
  remotePort: 50_000,
  remote: "203.0.113.7",
  isLocal: false,
  bytes,
  ...more,
});

const listener = (port: number) => socket(port, 0, { id: `l${port}`, isListening: true, remotePort: 0 });

describe("ssh", () => {
  test("a session is what sshd has let in, and counts by its data", async () => {
    const { look, sessions } = world();
    await look([listener(22), socket(22, 0)]);
    // Whoever has not logged in may send what he likes.
    expect(await look([listener(22), socket(22, 500_000)])).toEqual([]);
    sessions.accept({ address: "203.0.113.7", port: 50_000 });
    expect(await look([listener(22), socket(22, 500_100)])).toEqual(["ssh: login by ssh from 203.0.113.7"]);
    expect(await look([listener(22), socket(22, 505_000)])).toEqual(["ssh: ssh session from 203.0.113.7"]);
    // Keepalives.
    expect(await look([listener(22), socket(22, 507_000)])).toEqual([]);
    // Another connection of the same address is none.
    expect(await look([listener(22), socket(22, 900_000, { id: "other" })])).toEqual([]);
  });

  test("a login that has come and gone between two looks counts", async () => {
    const { look, sessions } = world();
    await look([]);
    sessions.accept({ address: "2001:db8::7", port: 1 });
    expect(await look([])).toEqual(["ssh: login by ssh from 2001:db8:0:0:0:0:0:7"]);
    expect(await look([])).toEqual([]);
  });

  test("of another server: by what it starts, or by the age of the connection", async () => {
    const { look } = world();
    const server = { pid: 10, ppid: 1, name: "sshd" };
    const before = [
      server,
      { pid: 11, ppid: 10, name: "sshd-session" },
      { pid: 12, ppid: 11, name: "sshd-auth" },
    ];
    await look([socket(22, 0)], [server]);
    expect(await look([socket(22, 9000)], before)).toEqual([]);
    expect(await look([socket(22, 18_000)], [...before, { pid: 13, ppid: 11, name: "bash" }])).toEqual([
      "ssh: login by ssh",
    ]);
    expect(await look([socket(22, 27_000)], before)).toEqual(["ssh: ssh session from 203.0.113.7"]);
  });
});

describe("connections", () => {
  const ports = { guarded: new Set([8188]), apps: new Set([18_188]) };
  const inside = { isLocal: true, remote: "127.0.0.1" };

  test("before the login nothing counts, behind it data does", async () => {
    const { look } = world(ports);
    const listeners = [listener(8188), listener(18_188)];
    await look([...listeners, socket(8188, 0), socket(18_188, 0, inside)]);
    expect(await look([...listeners, socket(8188, 1e9), socket(18_188, 3000, inside)])).toEqual([]);
    expect(await look([...listeners, socket(8188, 1e9), socket(18_188, 8000, inside)])).toEqual([
      "web: connection to port 18188",
    ]);
  });

  test("other ports count from outside, not what programs tell each other", async () => {
    const { look } = world(ports);
    await look([listener(9000)]);
    expect(await look([listener(9000), socket(9000, 5000)])).toEqual([
      "port: connection to port 9000 from 203.0.113.7",
    ]);
    expect(await look([listener(9000), socket(9000, 1e9, { ...inside, id: "new" })])).toEqual([]);
  });

  test("transfers count in sum, and cloudflared's connections do not", async () => {
    const { look } = world(ports);
    const load = (id: string, bytes: number, remotePort = 443) => socket(40_000, bytes, { id, remotePort });
    await look([]);
    expect(await look([load("a", 500_000), load("b", 500_000)])).toEqual([]);
    expect(await look([load("a", 1_100_000), load("b", 1_100_000)])).toEqual([
      "transfer: programs of the container send or load data",
    ]);
    expect(await look([load("c", 1e9, 7844)])).toEqual([]);
  });

  test("what the kernel does not tell counts", async () => {
    const { look } = world(ports);
    await look([listener(9000)]);
    expect(await look([listener(9000), socket(9000, undefined)])).toEqual([
      "port: connection to port 9000 from 203.0.113.7, bytes unknown (unmeasured)",
    ]);
    expect(await look([socket(40_000, undefined, { remotePort: 443 })])).toEqual([
      "transfer: programs of the container send or load data, bytes unknown (unmeasured)",
    ]);
  });

  test("in a short time less counts, but never a warning or a keepalive", async () => {
    const { look } = world(ports);
    await look([listener(9000), socket(9000, 0)]);
    expect(await look([listener(9000), socket(9000, 1000)], [], 1000)).toEqual([]);
    expect(await look([listener(9000), socket(9000, 2100)], [], 1000)).toHaveLength(1);
  });
});

test("processors by their average", async () => {
  let [time, seconds] = [0, 100];
  const source = cpuSource(() => 20, { cpuSeconds: () => seconds, now: () => time });
  expect(await source.look()).toEqual([]);
  [time, seconds] = [MINUTE, 111];
  expect(await source.look()).toEqual([]);
  [time, seconds] = [2 * MINUTE, 123];
  expect(await source.look()).toHaveLength(1);
  expect(await cpuSource(() => 20, { cpuSeconds: () => 0 }).look()).toMatchObject([{ measured: false }]);
  expect(await cpuSource(() => 0, { cpuSeconds: () => Number.NaN }).look()).toEqual([]);
});

describe("GPUs", () => {
  const gpuOf = (load: number | null) => ({ ...unknownGpu("nvidia", 0, "GPU"), load });
  const sourceOf = (reports: ReturnType<typeof emptyReport>[], isClosed = { value: false }) =>
    gpuSource(() => 5, {
      hasGpus: () => true,
      open: () => ({
        read: async () => reports.shift() ?? emptyReport(),
        close: () => (isClosed.value = true),
      }),
    });

  test("are looked at several times, and left again", async () => {
    const isClosed = { value: false };
    const idle = { ...emptyReport(), gpus: [gpuOf(0)] };
    const source = sourceOf([idle, { ...idle, gpus: [gpuOf(0.5)] }], isClosed);
    expect(await source.look()).toEqual([{ source: "gpu", detail: "nvidia GPU 0 over 5 %", measured: true }]);
    expect(isClosed.value).toBe(true);
    expect(await sourceOf([idle, idle, idle]).look()).toEqual([]);
  });

  test("count where they tell nothing", async () => {
    const [found] = await sourceOf([
      { ...emptyReport(), problems: ["the NVIDIA driver does not answer"] },
    ]).look();
    expect(found).toMatchObject({ measured: false });
    expect(found?.detail).toStartWith("the NVIDIA driver does not answer; AI_DOCK_IDLE_GPU=off");
    expect(await sourceOf([{ ...emptyReport(), gpus: [gpuOf(null)] }]).look()).toMatchObject([
      { measured: false },
    ]);
  });
});

test("typing is a change of the time, whatever the time is", async () => {
  const times = new Map([["0", 1000]]);
  const source = terminalsSource(() => new Map(times));
  expect(await source.look()).toEqual([]);
  expect(await source.look()).toEqual([]);
  times.set("0", 5);
  times.set("1", 5);
  expect((await source.look()).map(({ detail }) => detail)).toEqual([
    "typing on pts/0",
    "terminal pts/1 was opened",
  ]);
});

test("the boot, and provisioning after it", async () => {
  let step: string | undefined = "provisioning";
  let isMarked = true;
  const source = provisioningSource(
    () => step,
    () => isMarked,
  );
  expect(await source.look()).toMatchObject([{ source: "boot", detail: "provisioning" }]);
  step = undefined;
  expect(await source.look()).toMatchObject([{ source: "provisioning" }]);
  isMarked = false;
  expect(await source.look()).toEqual([]);
});

function serverOf(path: string, answer: () => Response) {
  rmSync(path, { force: true });
  return Bun.serve({ unix: path, fetch: answer });
}

describe("the portal", () => {
  test("is asked for its count; another process begins anew", async () => {
    const path = join(mkdtempSync(join(tmpdir(), "idle-")), "http.sock");
    let count = 5;
    const server = serverOf(path, () => new Response(String(count)));
    const source = webSource(
      () => true,
      () => path,
    );
    const looks = async () => (await source.look()).map(({ measured }) => measured);
    expect(await looks()).toEqual([]);
    expect(await looks()).toEqual([]);
    count = 6;
    expect(await looks()).toEqual([true]);
    count = 0;
    expect(await looks()).toEqual([]);
    await server.stop(true);
    expect(await looks()).toEqual([false]);
    // What talks to the internet may be made to say anything.
    const flood = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) });
    const flooding = serverOf(path, () => new Response(flood));
    expect(await looks()).toEqual([true]);
    await flooding.stop(true);
    const leading = serverOf(path, () => Response.redirect("http://127.0.0.1:1/", 302));
    expect(await looks()).toEqual([false]);
    await leading.stop(true);
    expect(
      await webSource(
        () => false,
        () => path,
      ).look(),
    ).toEqual([]);
  });
});

describe("the user's command", () => {
  const env = { PATH: "/usr/bin:/bin", FLAG: "yes" };
  const look = async (command: string | undefined, limit?: number) =>
    (await checkSource(() => command, env, limit).look()).map(({ measured }) => measured);

  test("says by its exit code whether there is activity", async () => {
    expect(await look(undefined)).toEqual([]);
    expect(await look('test "$FLAG" = yes')).toEqual([true]);
    expect(await look("exit 1")).toEqual([]);
    expect(await look("exit 7")).toEqual([]);
  });

  test("that cannot run, is killed or does not end counts, and leaves nothing behind", async () => {
    expect(await look("no-such-command")).toEqual([false]);
    expect(await look("kill -9 $$")).toEqual([false]);
    expect(await look("sleep 4711 & sleep 4711", 300)).toEqual([false]);
    expect(await look("sleep 4711 & exit 1")).toEqual([]);
    expect(await look("setsid sleep 4711 & sleep 0.1; exit 1")).toEqual([]);
    expect(await look("setsid sleep 4711 & sleep 4711", 300)).toEqual([false]);
    const { stdout } = Bun.spawnSync(["sh", "-c", "ps axo stat,args | grep '[s]leep 4711' | grep -v ^Z"]);
    expect(stdout.toString()).toBe("");
  });

  const canHang =
    process.getuid?.() === 0 && Bun.spawnSync(["unshare", "-m", "test", "-e", "/dev/fuse"]).success;

  test.skipIf(!canHang)(
    "that no signal ends counts, and is not started again beside itself",
    async () => {
      const volume = mkdtempSync(join(tmpdir(), "hung-volume-"));
      const fixture = `${import.meta.dir}/../../fixtures/hung-fuse-fixture.ts`;
      const server = Bun.spawn(["unshare", "-m", process.execPath, fixture, volume], { stdout: "pipe" });
      try {
        await server.stdout.getReader().read();
        const count = () =>
          Bun.spawnSync(["pgrep", "-fc", `^cat ${volume}/file`])
            .stdout.toString()
            .trim();
        const hang = `exec nsenter --mount=/proc/${server.pid}/ns/mnt cat ${volume}/file`;
        const source = checkSource(() => hang, env, 1000);
        for (let looks = 0; looks < 3; looks++)
          expect(await source.look()).toMatchObject([{ measured: false }]);
        expect(count()).toBe("1");
        server.kill("SIGKILL");
        while (count() !== "0") await Bun.sleep(20);
        expect(await checkSource(() => "exit 1", env).look()).toEqual([]);
      } finally {
        server.kill("SIGKILL");
      }
    },
    20_000,
  );
});
