import { expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readDetail } from "../../../src/sys/machine/detail.ts";

/** Files as the kernel would show them. */
function kernel(contents: Record<string, string>) {
  const root = mkdtempSync(join(tmpdir(), "kernel-"));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { cgroup: join(root, "cgroup"), proc: join(root, "proc") };
}

const devices = Array.from({ length: 100 }, (_, index) => `  veth${index}: ${index} 0 0 0 0 0 0 0 7 0`).join(
  "\n",
);

test("control group 2", () => {
  const roots = kernel({
    "proc/net/dev": `Inter-|   Receive\n face |bytes\n    lo: 999 0 0 0 0 0 0 0 999 0\n${devices}\n`,
    "cgroup/cpu.stat": "usage_usec 1\nnr_periods 10\nnr_throttled 3\nthrottled_usec 2500000\n",
    "cgroup/memory.current": "5000\n",
    "cgroup/memory.events": "low 0\noom 2\noom_kill 4\n",
    "cgroup/cpu.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1500000\nfull avg10=0.00 total=0\n",
    "cgroup/io.pressure":
      "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=1.00 total=500000\n",
    "cgroup/pids.current": "12\n",
    "cgroup/pids.max": "max\n",
    "cgroup/io.stat": "8:0 rbytes=10 wbytes=5 rios=1\n259:16 rbytes=1 wbytes=2 rios=1\n",
  });
  const { interfaces, ...detail } = readDetail(roots);
  expect(detail).toEqual({
    cpuPeriods: 10,
    throttledPeriods: 3,
    throttledSeconds: 2.5,
    memoryUsageBytes: 5000,
    oomKills: 4,
    pressure: [
      { resource: "cpu", waitingSeconds: 1.5, stalledSeconds: 0 },
      { resource: "io", waitingSeconds: 2, stalledSeconds: 0.5 },
    ],
    pids: 12,
    pidsLimit: null,
    blockDevices: [
      { device: "8:0", readBytes: 10, writtenBytes: 5 },
      { device: "259:16", readBytes: 1, writtenBytes: 2 },
    ],
  });
  expect(interfaces).toHaveLength(64);
  expect(interfaces[3]).toEqual({ device: "veth3", receivedBytes: 3, sentBytes: 7 });
});

test("devices without figures: Linux 5.15 puts them in front of the next one's, others at the end", () => {
  // As in canonical/lxd#10052; the end of a file that is read while a device is added.
  const roots = kernel({
    "cgroup/io.stat": "8:0 rbytes=7 wbytes=5\n7:7 7:6 7:4 rbytes=28 wbytes=3 rios=2\n252:0 ",
  });
  expect(readDetail(roots).blockDevices).toEqual([
    { device: "8:0", readBytes: 7, writtenBytes: 5 },
    { device: "7:4", readBytes: 28, writtenBytes: 3 },
  ]);
});

test("control group 1", () => {
  const roots = kernel({
    "cgroup/cpu/cpu.stat": "nr_periods 10\nnr_throttled 3\nthrottled_time 2500000000\n",
    "cgroup/memory/memory.usage_in_bytes": "5000\n",
    "cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n",
    "cgroup/pids/pids.current": "12\n",
    "cgroup/pids/pids.max": "100\n",
    "cgroup/blkio/blkio.throttle.io_service_bytes":
      "8:0 Read 10\n8:0 Write 5\n8:0 Total 15\n8:16 Write 1\nTotal 16\n",
  });
  expect(readDetail(roots)).toEqual({
    cpuPeriods: 10,
    throttledPeriods: 3,
    throttledSeconds: 2.5,
    memoryUsageBytes: 5000,
    oomKills: 1,
    pressure: [],
    pids: 12,
    pidsLimit: 100,
    interfaces: [],
    blockDevices: [
      { device: "8:0", readBytes: 10, writtenBytes: 5 },
      { device: "8:16", readBytes: 0, writtenBytes: 1 },
    ],
  });
});

test("where nothing is told, nothing is made up", () => {
  expect(readDetail(kernel({}))).toEqual({
    cpuPeriods: null,
    throttledPeriods: null,
    throttledSeconds: null,
    memoryUsageBytes: null,
    oomKills: null,
    pressure: [],
    pids: null,
    pidsLimit: null,
    interfaces: [],
    blockDevices: [],
  });
});
