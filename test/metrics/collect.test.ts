import { expect, test } from "bun:test";
import { metricFacts } from "../../src/control/metric-facts.ts";
import { catalogue } from "../../src/metrics/catalogue.ts";
import { Collector, type MetricSources } from "../../src/metrics/collect.ts";
import { Supervisor } from "../../src/supervisor/supervisor.ts";
import { emptyReport, unknownGpu } from "../../src/sys/gpus/types.ts";
import { bareSupervisor, specOf } from "../supervisor/spec-fixture.ts";

const supervisor = new Supervisor(bareSupervisor);
supervisor.add(specOf("app"));
supervisor.add(specOf("rclone_mount", { name: "far", facts: { remote: "far" } }));
supervisor.notices.set("x", { severity: "warning", message: "careful" });

/** A real supervisor; what else is asked has its answer here. */
const sources = (more: Partial<MetricSources> = {}): MetricSources => ({
  facts: async () =>
    metricFacts({
      supervisor,
      version: "1.2.3",
      environment: () => ({ env: {} }),
      idle: { state: () => null },
    }),
  measures: async () => ({}),
  provisioning: async () => ({ running: false, items: [] }),
  gpus: async () => emptyReport(),
  ...more,
});

const never = () => new Promise<never>(() => {});

/** The values of series, by name and labels. */
function valuesOf(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(" ")),
      Number(line.slice(line.lastIndexOf(" ") + 1)),
    ]),
  );
}

test("what a container without anything special has", async () => {
  const values = valuesOf(await new Collector(sources()).collect());
  expect(values.get('ai_dock_build_info{version="1.2.3"}')).toBe(1);
  expect(values.get('ai_dock_phase{phase="booting"}')).toBe(1);
  expect(values.get('ai_dock_phase{phase="running"}')).toBe(0);
  expect(values.get('ai_dock_notices{severity="warning"}')).toBe(1);
  expect(values.get('ai_dock_program_state{program="app",state="STOPPED"}')).toBe(1);
  expect(values.get('ai_dock_program_state{program="app",state="RUNNING"}')).toBe(0);
  expect(values.get('ai_dock_program_cpu_seconds_total{program="app"}')).toBe(0);
  expect(values.get('ai_dock_remote_mounted{remote="far"}')).toBe(0);
  expect(values.get("ai_dock_container_cpu_seconds_total")).toBeGreaterThan(0);
  expect(values.get('ai_dock_filesystem_size_bytes{path="/"}')).toBeGreaterThan(0);
  expect(
    [...values.keys()].filter((name) => /_gpu_|_idle_|_tunnel_|start_time_seconds\{/.test(name)),
  ).toEqual([]);
  for (const part of ["programs", "disks", "remotes", "provisioning", "gpus"])
    expect(values.get(`ai_dock_collector_success{collector="${part}"}`)).toBe(1);
});

test("who waits for as long as it takes gets what takes longer than a scrape", async () => {
  const slow = async () => {
    await Bun.sleep(3200);
    return { ...emptyReport(), gpus: [unknownGpu("nvidia", 0, "slow")] };
  };
  const values = valuesOf(await new Collector(sources({ gpus: slow }), 10_000).collect());
  expect(values.get('ai_dock_collector_success{collector="gpus"}')).toBe(1);
  expect(values.get('ai_dock_gpu_healthy{gpu="0",vendor="nvidia",uuid=""}')).toBe(1);
});

test("a GPU or rclone that does not answer costs its own figures, and a second at most", async () => {
  const collecting = new Collector(
    sources({ gpus: never, measures: never, provisioning: () => Promise.reject(new Error("no")) }),
  ).collect(0.4);
  // Timers come in their order, however late.
  const late = Promise.withResolvers<string>();
  const timer = setTimeout(() => late.resolve("late"), 2000);
  const values = valuesOf(await Promise.race([collecting, late.promise]));
  clearTimeout(timer);
  for (const part of ["gpus", "remotes", "provisioning"])
    expect(values.get(`ai_dock_collector_success{collector="${part}"}`)).toBe(0);
  expect(values.get('ai_dock_collector_success{collector="programs"}')).toBe(1);
  expect(values.get('ai_dock_program_up{program="app"}')).toBe(0);
});

test("without a supervisor there is an error in place of half the metrics", async () => {
  expect(new Collector(sources({ facts: never })).collect(0.1)).rejects.toThrow(
    "The supervisor does not answer",
  );
});

test("who asks meanwhile gets the same answer; who asks afterwards another one", async () => {
  let asked = 0;
  const collector = new Collector(
    sources({
      async gpus() {
        asked++;
        await Bun.sleep(50);
        return emptyReport();
      },
    }),
  );
  const [first, second] = await Promise.all([collector.collect(), collector.collect()]);
  expect([first === second, asked]).toEqual([true, 1]);
  await collector.collect();
  expect(asked).toBe(2);
});

test("a GPU as it tells, and nothing of what it does not", async () => {
  const gpu = {
    ...unknownGpu("nvidia", 0, 'H100 "80GB"'),
    uuid: "GPU-1",
    load: 0.35,
    clockMHz: 1980,
    performanceState: "P8",
    throttle: ["hw_thermal_slowdown", "of_tomorrow"],
    eccUncorrected: 2,
    xid: { code: 79, time: 1_700_000_000_500 },
  };
  const sick = { ...unknownGpu("amd", 0, "MI300X"), problem: "gone" };
  const report = { gpus: [gpu, sick], driver: "575.57", cuda: "12.9", problems: ["one"] };
  const values = valuesOf(await new Collector(sources({ gpus: async () => report })).collect());
  const which = 'gpu="0",vendor="nvidia",uuid="GPU-1"';
  const found = Object.fromEntries([...values].filter(([name]) => name.includes(which)));
  expect(found).toMatchObject({
    [`ai_dock_gpu_info{${which},name="H100 \\"80GB\\"",pci=""}`]: 1,
    [`ai_dock_gpu_healthy{${which}}`]: 1,
    [`ai_dock_gpu_utilization_ratio{${which}}`]: 0.35,
    [`ai_dock_gpu_clock_hertz{${which},clock="graphics"}`]: 1.98e9,
    [`ai_dock_gpu_performance_state{${which}}`]: 8,
    [`ai_dock_gpu_throttled{${which},reason="hw_thermal_slowdown"}`]: 1,
    [`ai_dock_gpu_throttled{${which},reason="sw_power_cap"}`]: 0,
    [`ai_dock_gpu_throttled{${which},reason="other"}`]: 1,
    [`ai_dock_gpu_ecc_errors_total{${which},type="uncorrected"}`]: 2,
    [`ai_dock_gpu_last_xid_code{${which}}`]: 79,
    [`ai_dock_gpu_last_xid_time_seconds{${which}}`]: 1_700_000_000.5,
  });
  expect(Object.keys(found).some((name) => /celsius|watts|fan|memory_/.test(name))).toBe(false);
  expect(values.get('ai_dock_gpu_healthy{gpu="0",vendor="amd",uuid=""}')).toBe(0);
  expect(values.get('ai_dock_gpu_driver_info{driver="575.57",cuda="12.9"}')).toBe(1);
});

test("items of a provisioning by state, and bytes as far as known", async () => {
  const item = { rate: null, reason: null };
  const values = valuesOf(
    await new Collector(
      sources({
        provisioning: async () => ({
          running: true,
          items: [
            { ...item, name: "a", state: "done", received: 10, total: 10 },
            { ...item, name: "b", state: "running", received: 5, total: null },
            { ...item, name: "c", state: 'x"} 1', received: null, total: 7 },
          ],
        }),
      }),
    ).collect(),
  );
  expect(values.get('ai_dock_provisioning_items{state="done"}')).toBe(1);
  expect(values.get('ai_dock_provisioning_items{state="failed"}')).toBe(0);
  expect(values.get('ai_dock_provisioning_items{state="other"}')).toBe(1);
  expect([
    values.get("ai_dock_provisioning_received_bytes"),
    values.get("ai_dock_provisioning_expected_bytes"),
  ]).toEqual([15, 17]);
});

test("names follow the conventions: one prefix, base units, _total for counters alone", () => {
  const metrics = catalogue.flatMap((area) => area.metrics);
  expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  for (const { name, kind, help } of metrics) {
    expect(name).toMatch(/^ai_dock_[a-z]+(_[a-z]+)*$/);
    expect([name, name.endsWith("_total")]).toEqual([name, kind === "counter"]);
    expect(help).not.toMatch(/\.$/);
  }
});
