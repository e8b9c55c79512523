import { readCpus } from "../../sys/cpus.ts";
import { type Check, ok, warning } from "../check.ts";
import { fittingThreads, POOL_VARIABLES, usableCpus } from "./limit.ts";

/** Does a thread pool have more threads than the container may use cores? */
export const threadsCheck: Check = ({ env }) => checkThreads(env, readCpus());

export function checkThreads(env: Record<string, string>, cpus: ReturnType<typeof readCpus>) {
  if (cpus === undefined) return [];
  const { seen, allowed, quota } = cpus;
  const fitting = fittingThreads(cpus);
  if (fitting === undefined) return [ok("cpu", `${seen} cores`)];
  const cores = Number(usableCpus(cpus).toFixed(2));
  const by = quota !== undefined && quota <= allowed ? "quota" : "affinity";
  const above = POOL_VARIABLES.filter((name) => Number.parseInt(env[name] ?? "", 10) > fitting);
  const [first] = above;
  const limit = `${cores} of the ${seen} cores that programs see, by ${by}`;
  if (first !== undefined)
    return [
      warning(
        "cpu",
        `${limit}; more threads than that: ${above.map((name) => `${name}=${env[name]}`).join(", ")}`,
        `leave ${above.length === 1 ? first : "them"} unset, or set ${fitting}`,
      ),
    ];
  const unset = POOL_VARIABLES.every((name) => (env[name] ?? "") === "");
  if (unset)
    return [
      warning("cpu", `${limit}; thread pools will be as large as the machine`, `AI_DOCK_THREADS=${fitting}`),
    ];
  return [ok("cpu", `${limit}; thread pools fit`)];
}
