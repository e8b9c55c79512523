import { type Cpus, readCpus } from "../../sys/cpus.ts";
import type { BootContext, Step, StepResult } from "../step.ts";
import { fittingThreads, poolVariables } from "./limit.ts";

/**
 * Gives thread pools as many threads as the container may use cores, where programs see more: a pool of the size of the
 * machine spends its quota at once and then waits, all threads together. What is set stays.
 */
export function limitThreads({ env, settings }: BootContext, cpus: Cpus | undefined): StepResult | undefined {
  const wanted = settings.AI_DOCK_THREADS;
  if (wanted === "off") return undefined;
  const threads = wanted ?? (cpus && fittingThreads(cpus));
  if (threads === undefined) return undefined;
  const set = poolVariables(threads, env);
  const names = Object.keys(set);
  if (names.length === 0) return undefined;
  Object.assign(env, set);
  const { seen, allowed, quota } = cpus ?? {};
  const fields = {
    threads,
    ...(seen === undefined ? {} : { seen }),
    ...(quota === undefined ? {} : { quota: Number(quota.toFixed(2)) }),
    ...(allowed === undefined || allowed === seen ? {} : { allowed }),
    set: names.join(","),
  };
  const message =
    wanted === undefined ? "fewer cores than programs see; thread pools fit" : "thread pools set";
  return { message, fields };
}

export const threadsStep: Step = {
  name: "threads",
  run: async (context) => limitThreads(context, readCpus()),
};
