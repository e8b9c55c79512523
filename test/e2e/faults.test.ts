import { describe, expect, test } from "bun:test";
import { boot, type Container, must, waitFor } from "./harness.ts";

interface Row {
  name: string;
  state: string;
  pid: number | null;
  restarts: number;
  reason: string | null;
}

async function programs(container: Container): Promise<Record<string, Row>> {
  const rows = JSON.parse(await container.sh("ai-dock status --json")) as Row[];
  return Object.fromEntries(rows.map((row) => [row.name, row]));
}

const sleeper = (name: string, extra = "") =>
  `[program:${name}]\ncommand=sleep 1000\nstartsecs=0\n${extra}\n`;
const openFiles = "ls /proc/1/fd | wc -l";

describe("many at once", () => {
  test("fifty clients that start, stop, restart and kill one program leave one truth", async () => {
    await using container = await boot({ programs: { "a.conf": sleeper("a") } });
    await container.waitReady();
    const answers = await container.sh(`
      for i in $(seq 50); do
        case $((i % 5)) in
          0) (ai-dock stop a; echo "code $?") & ;;
          1) (ai-dock start a; echo "code $?") & ;;
          2) (ai-dock restart a; echo "code $?") & ;;
          3) (pkill -KILL -x sleep; echo "code 0") & ;;
          4) (ai-dock status a; echo "code $?") & ;;
        esac
      done; wait`);
    const codes = answers.split("\n").filter((line) => line.startsWith("code "));
    expect(codes).toHaveLength(50);
    expect(codes.filter((code) => !/^code [013]$/.test(code))).toEqual([]);
    await container.sh("ai-dock start a");
    // The last kill may be a moment old, and unknown to the supervisor when it was asked to start.
    await waitFor(
      async () => {
        const { a } = await programs(container);
        return a?.state === "RUNNING" && (await container.sh("pgrep -x sleep")) === String(a.pid);
      },
      { what: "one process, the one that status tells", detail: () => container.logs() },
    );
    await container.sh("ai-dock stop a");
    expect(await container.sh("pgrep -cx sleep || true")).toBe("0");
  });

  test("a stop while STARTING and in BACKOFF is the end of it", async () => {
    const failing = (name: string) => `[program:${name}]\ncommand=false\nstartretries=1000\n`;
    const config = `${failing("failing")}${failing("other")}${sleeper("slow", "startsecs=3600")}`;
    await using container = await boot({ programs: { "a.conf": config } });
    await waitFor(async () => (await programs(container))["failing"]?.state === "BACKOFF");
    expect((await programs(container))["slow"]!.state).toBe("STARTING");
    await container.sh("ai-dock stop failing slow");
    const { failing: one, slow: other } = await programs(container);
    expect([one!.state, other!.state, other!.pid]).toEqual(["STOPPED", "STOPPED", null]);
    // What was logged before it is there, too.
    await container.waitLog("failing STOPPED");
    const starts = async (name: string) => (await container.logs()).split(`${name} started`).length - 1;
    const before = await starts("failing");
    // Its like, which nobody stops, has been tried again meanwhile, and as often in all as it takes.
    const enough = Math.max(before, await starts("other")) + 2;
    await waitFor(async () => (await starts("other")) >= enough, { what: "more starts of its like" });
    expect(await starts("failing")).toBe(before);
  });
});

describe("shortage", () => {
  test("without memory: the kernel's kill is told from others, with the limit", async () => {
    const other = sleeper("other", "autorestart=false");
    await using container = await boot({ memory: "96m", programs: { "a.conf": other } });
    // An update is refused before. One kill more, of a program that goes, would be taken for the next one's.
    await container.waitReady();
    const hungry = "[program:hungry]\ncommand=tail /dev/zero\nautorestart=false\nstartsecs=0\n";
    container.writeProgram("a.conf", hungry + other);
    await container.sh("ai-dock update");
    const reasonOf = (name: string) =>
      waitFor(
        async () => {
          const row = (await programs(container))[name];
          return row?.state === "EXITED" && row.reason;
        },
        { what: `the end of ${name}`, detail: () => container.logs() },
      );
    expect(await reasonOf("hungry")).toBe("killed by SIGKILL: out of memory, the limit being 96 MiB");
    await container.sh("kill -KILL $(supervisorctl pid other)");
    expect(await reasonOf("other")).toBe("killed by SIGKILL");
  });

  test("without processes: what cannot start waits with the reason, and comes up when there is room", async () => {
    const many =
      "[program:many]\ncommand=sleep 1000\nstartsecs=0\nstartretries=1000\nprocess_name=many%(process_num)d\nnumprocs=60\n";
    await using container = await boot({ programs: { "a.conf": many }, more: ["--pids-limit", "48"] });
    await container.waitLog(/many\d+ BACKOFF .*(EAGAIN|Resource temporarily unavailable)/);
    expect((await container.state()).Running).toBe(true);
    await must(["docker", "update", "--pids-limit", "200", container.id]);
    await waitFor(
      async () =>
        Object.values(await programs(container)).filter(({ state }) => state === "RUNNING").length === 60,
      { what: "all to run", detail: () => container.sh("ai-dock status || true") },
    );
  });

  test("without file descriptors: the same, and none is lost", async () => {
    const many =
      "[program:many]\ncommand=sleep 1000\nstartsecs=0\nstartretries=1000\nprocess_name=many%(process_num)d\nnumprocs=90\n";
    await using container = await boot({
      programs: { "a.conf": many },
      more: ["--ulimit", "nofile=300:300"],
    });
    await container.waitLog(/many\d+ BACKOFF .*EMFILE/);
    const named = async () =>
      Object.values(await programs(container)).filter(({ name }) => name.startsWith("many"));
    expect(await named()).toHaveLength(90);
    const up = async () => (await named()).filter(({ state }) => state === "RUNNING").map(({ name }) => name);
    const first = (await up()).slice(0, 40);
    await container.sh(`ai-dock stop ${first.map((name) => `many:${name}`).join(" ")}`);
    await waitFor(async () => (await up()).length === 50, { what: "those that waited to run" });
    await container.sh("ai-dock stop all");
    const left = Number(await container.sh(openFiles));
    await container.sh("ai-dock start all; ai-dock stop all");
    // Answered is who has stopped; the pipes of what it wrote are closed a moment later.
    await waitFor(async () => Number(await container.sh(openFiles)) <= left + 4, {
      what: "the descriptors to be closed",
    });
  });

  test("a crash loop slows down and takes no processor", async () => {
    const loop =
      "[program:loop]\ncommand=false\nstartsecs=0\nautorestart=true\nprocess_name=loop%(process_num)d\nnumprocs=50\n";
    await using container = await boot({ programs: { "a.conf": loop } });
    // Asking the supervisor would take its time.
    const restarted = (times: number) =>
      waitFor(
        async () => {
          const starts = [...(await container.logs()).matchAll(/ info supervisor loop:(loop\d+) started/g)];
          const counts = Map.groupBy(starts, ([, name]) => name).values();
          return [...counts].filter(({ length }) => length > times).length === 50;
        },
        { what: `${times} restarts of each`, detail: () => container.logs() },
      );
    const ticks = async () => Number(await container.sh("cut -d ' ' -f 14 /proc/1/stat"));
    await restarted(5);
    const before = await ticks();
    await restarted(7);
    // A hundredth of a second for each start, five times what it takes where nothing else runs.
    expect((await ticks()) - before).toBeLessThan(100);
    const starts = (await container.logs()).matchAll(/^\S+ \| (\S+) info supervisor \S*loop7 started/gm);
    const times = [...starts].map(([, time]) => Date.parse(time!));
    expect(times.length).toBeGreaterThan(6);
    // A busy machine makes them longer only.
    expect(times[6]! - times[5]!).toBeGreaterThan(1500);
  });
});

describe("the control socket", () => {
  const client = `
    const path = "/run/ai-dock/control.sock";
    const open = (send) => Bun.connect({ unix: path, socket: { data() {}, error() {}, open(s) { if (send) s.write(send); } } });
    const noise = crypto.getRandomValues(new Uint8Array(65536));
    // The kernel's queue of clients that wait is shorter than that: whoever is refused comes again.
    const insist = async () => {
      for (;;) {
        const socket = await open("").catch(() => null);
        if (socket !== null) return socket;
        await Bun.sleep(10);
      }
    };
    const idle = await Promise.all(Array.from({ length: 1000 }, insist));
    await Promise.all(Array.from({ length: 50 }, () => open(noise).catch(() => null)));
    await Promise.all(Array.from({ length: 50 }, () => open("POST /action HTTP/1.1\\r\\nContent-Length: 500\\r\\n\\r\\n{").catch(() => null)));
    await open("GET /status HTTP/1.1\\r\\nX: " + "y".repeat(2000000)).catch(() => null);
    const large = await fetch("http://x/rpc", { unix: path, method: "POST", body: "z".repeat(5000000) }).catch(() => null);
    const odd = await Promise.all(["/rpc", "/RPC2", "/action", "/update/x"].map((to) => fetch("http://x" + to, { unix: path, method: "POST", body: "\\0<" })));
    console.log(JSON.stringify({ idle: idle.filter(Boolean).length, large: large?.status, odd: odd.map(({ status }) => status) }));
    while (!(await Bun.file("/tmp/go").exists())) await Bun.sleep(50);
    process.exit(0);
  `;

  test("garbage, a thousand idle connections, half requests and huge ones do not keep it from answering", async () => {
    await using container = await boot({ fixtures: true, programs: { "a.conf": sleeper("a") } });
    await container.waitReady();
    const before = Number(await container.sh(openFiles));
    await container.sh(`cat >/tmp/client.ts`, { stdin: client });
    await container.sh("bun /tmp/client.ts >/tmp/out 2>&1 &");
    const told = await waitFor(async () => (await container.read("/tmp/out")).trim() || false, {
      what: "all that the client does",
    });
    expect(JSON.parse(told)).toEqual({ idle: 1000, large: 413, odd: [400, 400, 400, 404] });
    expect((await programs(container))["a"]!.state).toBe("RUNNING");
    await container.sh("touch /tmp/go");
    await waitFor(async () => Number(await container.sh(openFiles)) <= before + 2, {
      what: "the descriptors to be closed",
    });
    const peak = Number(await container.sh("sed -n 's/^VmHWM:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/1/status"));
    expect(peak).toBeLessThan(200_000);
  });

  test("a client that leaves in the middle of a stop does not undo it", async () => {
    const stubborn =
      "[program:stubborn]\ncommand=bash -c 'trap \"\" TERM; echo up; until [ -e /tmp/go ]; do sleep 0.1; done'\nstopwaitsecs=600\nstartsecs=0\n";
    await using container = await boot({ programs: { "a.conf": stubborn } });
    await container.waitReady();
    await container.waitLog("stubborn | up");
    const state = async () => (await programs(container))["stubborn"]!.state;
    const pid = await container.sh("ai-dock stop stubborn >/dev/null 2>&1 & echo $!");
    await waitFor(async () => (await state()) === "STOPPING");
    await container.sh(`kill -KILL ${pid}`);
    expect(await state()).toBe("STOPPING");
    await container.sh("touch /tmp/go");
    await waitFor(async () => (await state()) === "STOPPED");
  });
});

test("dependents stop before what they depend on; a cycle is named and costs only its members", async () => {
  const report = (name: string) =>
    `command=bash -c 'trap "echo ${name} stops; sleep 0.3; exit 0" TERM; echo up; while sleep 0.05; do :; done'\nstartsecs=0\n`;
  const chain = `[program:db]\n${report("db")}priority=900\nready=log:^up\n[program:web]\n${report("web")}priority=1\ndepends_on=db\n`;
  const cycle = `${sleeper("one", "depends_on=two")}${sleeper("two", "depends_on=one")}`;
  // More than it takes: at half time, all are told to stop.
  const env = { AI_DOCK_STOP_TIMEOUT: "60" };
  await using container = await boot({ env, programs: { "a.conf": chain + cycle } });
  const log = await container.waitLog("web RUNNING");
  // The shell has its trap by then.
  await container.waitLog("web | up");
  expect(log.indexOf("db ready")).toBeLessThan(log.indexOf("web started"));
  expect(log).toMatch(
    /depends_on: expected an order, got a cycle (one → two|two → one); none of them is started/,
  );
  const { one, two } = await programs(container);
  expect([one!.state, two!.state]).toEqual(["STOPPED", "STOPPED"]);
  await container.stop(90);
  const stops = (await container.waitLog("init stopped")).match(/(db|web) stops/g);
  expect(stops).toEqual(["web stops", "db stops"]);
});

test("kill -9 of everything, then of the container: it comes back with nothing stale in its way", async () => {
  await using container = await boot({ programs: { "a.conf": sleeper("a") } });
  await container.waitReady();
  await container.sh("kill -KILL -1");
  await waitFor(async () => (await programs(container))["a"]!.restarts >= 1);
  await container.kill();
  await container.wait();
  await container.start();
  await container.waitReady();
  expect((await programs(container))["a"]!.state).toBe("RUNNING");
});
