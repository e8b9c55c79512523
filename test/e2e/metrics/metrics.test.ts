import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { catalogue } from "../../../src/metrics/catalogue.ts";
import { Exposition } from "../../../src/metrics/exposition.ts";
import { counter } from "../../../src/metrics/metric.ts";
import { busyGpu, compileNvml, configText, type NvmlConfig } from "../../fixtures/nvml.ts";
import { boot, type Container, tempFolder, waitFor } from "../harness.ts";
import { farEnd, mountable } from "../remotes/_far.ts";
import { Cloudflare, TOKEN as TUNNEL_TOKEN } from "../tunnels/_cloudflare.ts";
import { Prometheus } from "./_prometheus.ts";
import { promtool } from "./_promtool.ts";

const TOKEN = "s3cret-token";
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";
const devices = ["nvidiactl", "nvidia0", "nvidia-uvm"].map((name) => `/dev/null:/dev/${name}`);

/** `burn N` computes until the shell that runs it has used N hundredths of a second. */
const BURN = `burn() { local stat; while :; do for _ in {1..2000}; do :; done; read -r -a stat </proc/$BASHPID/stat
[ "$((stat[13] + stat[14]))" -ge "$1" ] && return; done; }
`;

const programs = {
  "app.conf": `[program:app]
command=bash /burn.sh
autorestart=false
stopwaitsecs=1
[program:we"ird\\name]
command=sleep 1000
[program:loud]
alive=exec:true
alive_interval=1
command=bash -c 'yes 123456789 | head -c 30000; sleep 1000'
`,
};

/** A second of processors, of which a busy machine has few. */
const BURN_LIMIT_MS = 120_000;
/** A child and an orphan that compute and end, and one that computes and stays until it is killed. */
const BURNING = `${BURN}(burn 30); (burn 30 & exit 0); (burn 40; sleep 1000) & wait\n`;

const scope = new AsyncDisposableStack();
afterAll(() => scope.disposeAsync());

let box: Container;
let far: Container;
let prometheus: Prometheus;
let setGpu: (lines: NvmlConfig) => void;

/** Programs, GPUs and the idle guard. */
async function bootBox(): Promise<Container> {
  const folder = tempFolder();
  const [library, config] = [join(folder, "library.so"), join(folder, "config")];
  await compileNvml(library, "/nvml/config");
  setGpu = (lines) => writeFileSync(config, configText({ gpus: 1, ...lines }));
  setGpu(busyGpu(0));
  return await boot({
    programs,
    devices,
    files: { "/burn.sh": BURNING, [`${LIBRARIES}/libcuda.so.1`]: "" },
    mounts: [`${folder}:/nvml:ro`, `${library}:${LIBRARIES}/libnvidia-ml.so.1:ro`],
    env: { AI_DOCK_PORTAL: "true", WEB_TOKEN: TOKEN, AI_DOCK_IDLE_MINUTES: "600" },
    memory: "2g",
    more: ["--cpus=1.5", "--pids-limit=500"],
  });
}

/** A remote, a tunnel and a manifest, behind https with a certificate that nobody vouches for. */
async function bootFar(): Promise<Container> {
  const end = scope.use(await farEnd());
  return await new Cloudflare().boot({
    ...mountable,
    env: {
      ...end.variables("far"),
      AI_DOCK_PORTAL: "true",
      WEB_TOKEN: TOKEN,
      WEB_ENABLE_HTTPS: "true",
      CF_TUNNEL_TOKEN: TUNNEL_TOKEN,
    },
    files: { "/provisioning.yaml": "version: 1\nwrite_files:\n  - path: /tmp/made\n    content: here\n" },
  });
}

beforeAll(async () => {
  [box, far] = await Promise.all([bootBox(), bootFar()]);
  scope.use(box);
  scope.use(far);
  await Promise.all([box.waitReady(), far.waitReady()]);
  const token = join(tempFolder(), "token");
  writeFileSync(token, TOKEN);
  const job = (name: string, address: string, more = "") =>
    `  - job_name: ${name}\n    static_configs:\n      - targets: ['${address}:1111']\n    authorization:\n      credentials_file: ${token}\n${more}`;
  const https = "    scheme: https\n    tls_config:\n      insecure_skip_verify: true\n";
  prometheus = scope.use(
    await Prometheus.start(
      `global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n${job("box", await box.ip())}${job("far", await far.ip(), https)}`,
    ),
  );
  await prometheus.until("sum(up) == 2");
});

const names = catalogue.flatMap(({ metrics }) => metrics.map(({ name }) => name));
const namesIn = (text: string) => new Set(text.match(/\bai_dock_\w+/g));
/** Not of every kernel, machine or moment. */
const MAY_BE_ABSENT =
  /_pressure_|_block_|_cpu_(periods|throttled)|_oom_kills|_pids_limit|_swap|_idle_(kept|end)|_last_xid|_ecc_|_performance_state/;

const asPrometheus = async (container: Container, scheme = "http") =>
  await (
    await fetch(`${scheme}://${await container.ip()}:1111/metrics`, {
      headers: { Authorization: `Bearer ${TOKEN}` },
      tls: { rejectUnauthorized: false },
      ...({ proxy: false } as object),
    })
  ).text();

describe("metrics", () => {
  test.serial(
    "promtool has nothing to say, whatever labels hold; command and portal tell the same",
    async () => {
      const texts = [
        await asPrometheus(box),
        await asPrometheus(far, "https"),
        `${await box.sh("ai-dock metrics")}\n`,
        `${await far.sh("ai-dock metrics")}\n`,
      ];
      for (const text of texts) expect(await promtool(text)).toEqual([]);
      const [ofPortal = "", , ofCommand = ""] = texts;
      expect(namesIn(ofCommand)).toEqual(namesIn(ofPortal));
      expect(texts[0]).toContain('ai_dock_program_up{program="we\\"ird\\\\name"} 1');
      const hostile = new Exposition();
      const metric = counter("hostile_total", 'A "quote"\\ and a line\nof it', "name");
      const labels = ['x"} 1\nevil{a="b', "back\\", "\0", "\r\n# TYPE", "\ud800", "ä 🎉", "x".repeat(9999)];
      for (const label of labels) hostile.add(metric, 1, label);
      expect(await promtool(hostile.toString())).toEqual([]);
      // Every metric that is documented, but for those that this machine may not have.
      const told = namesIn(texts.join("\n"));
      expect(names.filter((name) => !told.has(name) && !MAY_BE_ABSENT.test(name))).toEqual([]);
      expect([...told].filter((name) => !names.includes(name))).toEqual([]);
    },
  );

  test.serial("nobody reads them without the login; the command is root's", async () => {
    const url = `http://${await box.ip()}:1111/metrics`;
    const statusOf = async (headers: Record<string, string>) =>
      (await fetch(url, { headers, redirect: "manual", ...({ proxy: false } as object) })).status;
    expect(await statusOf({})).toBe(401);
    expect(await statusOf({ Authorization: "Bearer wrong" })).toBe(401);
    const { code, stderr, stdout } = await box.exec(["ai-dock", "metrics"], { user: "nobody" });
    expect([code, stdout, stderr]).toEqual([4, "", expect.stringContaining("root only")]);
    expect((await box.exec(["ai-dock", "metrics", "--output", "/nowhere/x"])).code).toBe(1);
    expect(
      await box.sh("ai-dock metrics -o /tmp/x.prom; stat -c %a /tmp/x.prom; ls -A /tmp/*.tmp 2>&1 | wc -l"),
    ).toBe("644\n1");
    expect(await promtool(await box.read("/tmp/x.prom"))).toEqual([]);
  });

  test.serial(
    "a real Prometheus answers with what is true of programs, container, GPU, remote and tunnel",
    async () => {
      const value = async (expression: string) => await prometheus.value(expression);
      expect(await value('ai_dock_program_state{program="app",state="RUNNING"}')).toBe(1);
      expect(await value('sum(ai_dock_program_state{job="box",program="app"})')).toBe(1);
      await prometheus.until('ai_dock_program_log_bytes_total{program="loud",stream="stdout"} == 30000');
      expect(await value('ai_dock_container_memory_limit_bytes{job="box"}')).toBe(2 * 2 ** 30);
      expect(await value('ai_dock_container_cpu_limit_cores{job="box"}')).toBe(1.5);
      expect(await value('ai_dock_container_pids_limit{job="box"}')).toBe(500);
      expect(await value("ai_dock_gpu_power_watts")).toBe(350.5);
      expect(await value("ai_dock_gpu_memory_used_bytes")).toBe(20 * 2 ** 30);
      expect(await value('ai_dock_idle_phase{phase="busy"}')).toBeNumber();
      expect(await value('ai_dock_provisioning_items{state="done"}')).toBe(1);
      await prometheus.until('ai_dock_remote_mounted{remote="far"} == 1');
      await prometheus.until('ai_dock_tunnel_connections{tunnel="cloudflared"} == 4');
      await far.sh("echo one >/workspace/remote/far/one");
      await prometheus.until('ai_dock_remote_transferred_bytes_total{remote="far"} >= 4');
      const rss = await box.sh("awk '/VmRSS/ { print $2 * 1024 }' /proc/$(supervisorctl pid loud)/status");
      const told = await value('ai_dock_program_resident_memory_bytes{program="loud"}');
      expect(told / Number(rss)).toBeGreaterThan(0.9);
    },
  );

  test.serial("CPU time of a tree does not fall when its processes end, are orphaned or killed", async () => {
    const cpu = 'ai_dock_program_cpu_seconds_total{program="app"}';
    await prometheus.until(`${cpu} > 0.95`, BURN_LIMIT_MS);
    await box.sh("ai-dock stop app");
    await prometheus.until('ai_dock_program_state{program="app",state="STOPPED"} == 1');
    const stopped = await prometheus.value(cpu);
    expect(stopped).toBeGreaterThan(0.95);
    await box.sh("ai-dock start app");
    await prometheus.until(`${cpu} > ${stopped + 0.9}`, BURN_LIMIT_MS);
    expect(await prometheus.value(`resets(${cpu}[5m])`)).toBe(0);
    for (const name of names.filter((one) => one.endsWith("_total")))
      expect([name, await prometheus.query(`resets(${name}[5m]) > 0`)]).toEqual([name, []]);
    // Of about two seconds, none was counted twice.
    expect(await prometheus.value(cpu)).toBeLessThan(4);
  });

  test.serial("a restart is counted, and a kill shows", async () => {
    await box.sh("kill -KILL $(supervisorctl pid loud)");
    await prometheus.until('ai_dock_program_restarts_total{program="loud"} == 1');
    await prometheus.until('ai_dock_program_log_bytes_total{program="loud"} == 60000');
    await prometheus.until('ai_dock_program_alive_checks_total{program="loud"} > 2');
    expect(await prometheus.value('ai_dock_program_hangs_total{program="loud"}')).toBe(0);
  });

  test.serial("scrapers that hang, and many at once, harm nobody", async () => {
    const host = await box.ip();
    const request = `GET /metrics HTTP/1.1\r\nHost: box\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`;
    // They ask again and again, and never read.
    const hanging = Array.from({ length: 30 }, () => {
      const socket = connect({ host, port: 1111 });
      socket.pause();
      socket.on("error", () => undefined);
      socket.write(request.repeat(50));
      return socket;
    });
    const answers = await Promise.all(Array.from({ length: 30 }, () => asPrometheus(box)));
    expect(answers.every((text) => text.includes("ai_dock_collector_success"))).toBeTrue();
    await prometheus.until('ai_dock_collector_success{job="box",collector="programs"} == 1');
    for (const socket of hanging) socket.destroy();
    await prometheus.until('up{job="box"} == 1');
    await box.waitReady();
  });

  test.serial(
    "every expression of the dashboard and of the documentation is one, and of metrics that there are",
    async () => {
      const dashboard = await Bun.file("docs/grafana-dashboard.json").text();
      const expressions = [...dashboard.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(([, text = ""]) =>
        (JSON.parse(text) as string)
          .replaceAll("$__rate_interval", "1m")
          .replaceAll("$job", ".*")
          .replaceAll("$instance", ".*"),
      );
      const page = await Bun.file("docs/metrics.md").text();
      const alerts = /Useful alerts:\n\n```text\n(.*?)```/s.exec(page)?.[1]?.trim().split("\n") ?? [];
      expect(expressions.length).toBeGreaterThan(40);
      expect(alerts.length).toBeGreaterThan(5);
      for (const expression of [...expressions, ...alerts]) {
        const used = [...namesIn(expression)];
        expect([expression, used.length > 0, used.filter((name) => !names.includes(name))]).toEqual([
          expression,
          true,
          [],
        ]);
        await prometheus.query(expression);
      }
      // What is asked for trouble finds none; everything else has samples, unless a scrape came too late just now.
      const isOfTrouble = (expression: string) => alerts.includes(expression) || expression.endsWith(" > 0");
      const common = expressions.filter((one) => !MAY_BE_ABSENT.test(one) && !isOfTrouble(one));
      for (const expression of common) await prometheus.until(expression);
    },
  );

  test.serial("an rclone that hangs costs its own figures", async () => {
    const rclone = await far.sh("supervisorctl pid rclone_mount:far");
    await far.sh(`kill -STOP ${rclone}`);
    const text = await asPrometheus(far, "https");
    await far.sh(`kill -CONT ${rclone}`);
    expect(text).toContain('ai_dock_collector_success{collector="remotes"} 1');
    expect(text).toContain('ai_dock_remote_mounted{remote="far"} 1');
    expect(text).toContain('ai_dock_tunnel_connections{tunnel="cloudflared"} 4');
    expect(text).not.toContain("ai_dock_remote_pending_uploads{");
    await prometheus.until('ai_dock_remote_pending_uploads{remote="far"} == 0');
  });

  test.serial("a GPU that does not answer costs its own figures, not the scrape", async () => {
    setGpu({ ...busyGpu(0), "wait.nvmlDeviceGetPowerUsage": "forever" });
    const text = await waitFor(
      async () => {
        const now = await asPrometheus(box);
        return now.includes('ai_dock_collector_success{collector="gpus"} 0') && now;
      },
      { what: "the reader of GPUs to be late", limit: 60_000 },
    );
    expect(text).toContain('ai_dock_program_state{program="loud",state="RUNNING"} 1');
    expect(text).not.toContain("ai_dock_gpu_power_watts{");
    // Prometheus goes on with all else, though it waits a second only.
    await prometheus.until('ai_dock_collector_success{job="box",collector="gpus"} == 0');
    await prometheus.until('ai_dock_gpu_healthy{job="box"} == 0', 60_000);
    await prometheus.until('avg_over_time(up{job="box"}[10s]) > 0.5');
  });
});
