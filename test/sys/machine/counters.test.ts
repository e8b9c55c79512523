import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readCounters, readLimits } from "../../../src/sys/machine/counters.ts";

/** Files as the kernel would show them. */
function files(contents: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "kernel-"));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const proc = {
  "proc/net/dev":
    "Inter-|   Receive\n face |bytes\n    lo: 999 0 0 0 0 0 0 0 999 0\n  eth0: 100 0 0 0 0 0 0 0 20 0\n  eth1:1 0 0 0 0 0 0 0 2 0\n",
  "proc/meminfo": "MemTotal:       8192 kB\nMemFree: 1 kB\nMemAvailable:   2048 kB\n",
  "proc/stat": "cpu  100 50 50 9999 7 1 1 0 0 0\ncpu0 1 1 1 1\n",
};

describe("counters of the kernel", () => {
  test("control group 2", () => {
    const root = files({
      ...proc,
      "cgroup/cpu.stat": "usage_usec 2500000\nuser_usec 1\n",
      "cgroup/cpu.max": "50000 100000\n",
      "cgroup/memory.current": "5000\n",
      "cgroup/memory.max": "1048576\n",
      "cgroup/memory.stat": "anon 1\ninactive_file 2000\n",
      "cgroup/io.stat": "8:0 rbytes=10 wbytes=5 rios=1\n8:16 rbytes=1 wbytes=2 rios=1\n",
    });
    const roots = { cgroup: join(root, "cgroup"), proc: join(root, "proc") };
    expect(readCounters(roots)).toEqual({
      cpuSeconds: 2.5,
      memoryBytes: 3000,
      readBytes: 11,
      writtenBytes: 7,
      receivedBytes: 101,
      sentBytes: 22,
    });
    expect(readLimits(roots)).toEqual({ cpus: 0.5, memoryBytes: 1048576 });
  });

  test("control group 1", () => {
    const root = files({
      ...proc,
      "cgroup/cpuacct/cpuacct.usage": "1500000000\n",
      "cgroup/cpu/cpu.cfs_quota_us": "-1\n",
      "cgroup/cpu/cpu.cfs_period_us": "100000\n",
      "cgroup/memory/memory.usage_in_bytes": "5000\n",
      "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
      "cgroup/memory/memory.stat": "total_inactive_file 1000\n",
      "cgroup/blkio/blkio.throttle.io_service_bytes": "8:0 Read 10\n8:0 Write 5\n8:0 Total 15\nTotal 15\n",
    });
    const roots = { cgroup: join(root, "cgroup"), proc: join(root, "proc") };
    expect(readCounters(roots)).toMatchObject({
      cpuSeconds: 1.5,
      memoryBytes: 4000,
      readBytes: 10,
      writtenBytes: 5,
    });
    expect(readLimits(roots)).toEqual({ cpus: navigator.hardwareConcurrency, memoryBytes: 8192 * 1024 });
  });

  test("no control group: the machine's own", () => {
    const root = files(proc);
    const roots = { cgroup: join(root, "nothing"), proc: join(root, "proc") };
    expect(readCounters(roots)).toMatchObject({ cpuSeconds: 2.02, memoryBytes: 6144 * 1024, readBytes: 0 });
  });

  test("of this very container they are there", () => {
    const { cpuSeconds, memoryBytes } = readCounters();
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(memoryBytes).toBeGreaterThan(0);
  });
});
