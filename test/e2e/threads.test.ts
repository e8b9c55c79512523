import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { boot } from "./harness.ts";

const names = ["OMP", "MKL", "OPENBLAS", "NUMEXPR", "RAYON"].map((name) => `${name}_NUM_THREADS`);
const pools = [...names, "TOKIO_WORKER_THREADS"];
const print = pools.map((name) => `echo "${name}=\${${name}-unset}"`).join("; ");
const all = (threads: string) => pools.map((name) => `${name}=${threads}`).join("\n");

/** What a program finds; it says so in its log. */
const program = `[program:pools]
command=bash -c '${print}; echo end; sleep infinity'
`;

const cores = availableParallelism();

test.each([
  ["no limit", [], {}, all("unset"), undefined],
  ["half a core", ["--cpus", "0.5"], {}, all("1"), "quota=0.5"],
  ["one and a half", ["--cpus", "1.5"], {}, all("1"), "quota=1.5"],
  ["one core of two", ["--cpuset-cpus", "0"], {}, all("1"), "allowed=1"],
  ["as many as there are", ["--cpus", String(cores)], {}, all("unset"), undefined],
  ["switched off", ["--cpus", "0.5"], { AI_DOCK_THREADS: "off" }, all("unset"), undefined],
  ["a number of one's own", ["--cpus", "0.5"], { AI_DOCK_THREADS: "3" }, all("3"), "threads=3"],
] as const)("thread pools: %s", async (_, limits, env, expected, line) => {
  if (cores < 2) throw new Error("this test needs two processors");
  await using container = await boot({ env, more: [...limits], programs: { "pools.conf": program } });
  await container.waitLog("pools | end");
  expect(await container.sh("cat /var/log/supervisor/pools.log")).toContain(expected);
  const lines = (await container.logs()).split("\n").filter((text) => text.includes("info threads "));
  expect(lines).toEqual(line === undefined ? [] : [expect.stringContaining(line)]);
});
