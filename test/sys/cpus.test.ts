import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readCpus } from "../../src/sys/cpus.ts";

/** What the kernel shows of a machine with 96 cores, with the given files of control groups. */
function kernel(
  groups: Record<string, string>,
  { allowed = "0-95", online = "0-95\n", group = "0::/\n" } = {},
) {
  const root = mkdtempSync(join(tmpdir(), "cpus-"));
  const files = {
    "proc/self/status": `Name:\tx\nCpus_allowed:\tffff\nCpus_allowed_list:\t${allowed}\n`,
    "proc/self/cgroup": group,
    "sys/devices/system/cpu/online": online,
    ...Object.fromEntries(Object.entries(groups).map(([path, text]) => [`cgroup/${path}`, text])),
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readCpus({ cgroup: join(root, "cgroup"), proc: join(root, "proc"), sys: join(root, "sys") });
}

const v1 = "5:cpuset:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n0::/docker/abc\n";
const cfs = (folder: string, quota: number, period = 100_000) => ({
  [`${folder}/cpu.cfs_quota_us`]: `${quota}\n`,
  [`${folder}/cpu.cfs_period_us`]: `${period}\n`,
});

describe("the quota", () => {
  test.each<[string, ReturnType<typeof kernel>, number | undefined]>([
    ["no control group", kernel({}), undefined],
    ["version 2, none", kernel({ "cpu.max": "max 100000\n" }), undefined],
    ["version 2", kernel({ "cpu.max": "765000 100000\n" }), 7.65],
    ["version 2, another period", kernel({ "cpu.max": "25000 50000\n" }), 0.5],
    ["version 1, none", kernel(cfs("cpu", -1), { group: v1 }), undefined],
    ["version 1, the container's group as root", kernel(cfs("cpu", 150_000), { group: v1 }), 1.5],
    ["version 1 without its link", kernel(cfs("cpu,cpuacct", 300_000), { group: v1 }), 3],
    [
      "version 1, groups of the host",
      kernel(
        { ...cfs("cpu", -1), ...cfs("cpu/docker", 800_000), ...cfs("cpu/docker/abc", -1) },
        { group: v1 },
      ),
      8,
    ],
    [
      "the least of all groups above",
      kernel(
        {
          "pods/cpu.max": "200000 100000\n",
          "pods/one/cpu.max": "400000 100000\n",
          "cpu.max": "max 100000\n",
        },
        { group: "0::/pods/one\n" },
      ),
      2,
    ],
    [
      "no other branch's",
      kernel({ "pods/two/cpu.max": "100000 100000\n" }, { group: "0::/pods/one\n" }),
      undefined,
    ],
    [
      "a path above the root of this namespace",
      kernel({ "cpu.max": "100000 100000\n" }, { group: "0::/../../init\n" }),
      1,
    ],
    ["text that is no number", kernel({ "cpu.max": "x y\n" }), undefined],
    ["nothing at all", kernel({ "cpu.max": "" }), undefined],
  ])("%s", (_, cpus, quota) => {
    expect(cpus).toEqual({ seen: 96, allowed: 96, quota });
  });
});

describe("cores", () => {
  test("those of the affinity are counted one by one", () => {
    expect(kernel({}, { allowed: "2,5,8-11" })).toEqual({ seen: 96, allowed: 6, quota: undefined });
  });

  test("where sysfs is hidden, those of the affinity", () => {
    expect(kernel({}, { allowed: "0-3", online: "" })).toMatchObject({ seen: 4, allowed: 4 });
  });

  test("what the kernel does not show is not known", () => {
    expect(kernel({}, { allowed: "", online: "" })).toBeUndefined();
  });

  test("of this machine they are there", () => {
    const cpus = readCpus();
    expect(cpus?.seen).toBeGreaterThanOrEqual(cpus?.allowed ?? Number.NaN);
    expect(cpus?.allowed).toBeGreaterThanOrEqual(1);
  });
});
