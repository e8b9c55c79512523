import type { Cpus } from "../../sys/cpus.ts";

type Environment = Readonly<Record<string, string | undefined>>;

interface Pool {
  /** Says how many threads the pool starts. */
  name: string;
  /** What the pool obeys as well: where one of these is set, the user has decided. */
  others: string[];
}

/**
 * Variables that size the pools of what is common in images for GPUs. OpenMP's counts for those without one of their own: MKL
 * (oneMKL Developer Guide, "Techniques to Set the Number of Threads"), OpenBLAS (README, "Setting the number of
 * threads using environment variables") and NumExpr (User Guide, "Threadpool Configuration").
 */
const POOLS: Pool[] = [
  { name: "OMP_NUM_THREADS", others: [] },
  { name: "MKL_NUM_THREADS", others: ["OMP_NUM_THREADS"] },
  { name: "OPENBLAS_NUM_THREADS", others: ["GOTO_NUM_THREADS", "OMP_NUM_THREADS"] },
  { name: "NUMEXPR_NUM_THREADS", others: ["OMP_NUM_THREADS"] },
  { name: "RAYON_NUM_THREADS", others: ["RAYON_RS_NUM_CPUS"] },
  { name: "TOKIO_WORKER_THREADS", others: [] },
];

/** The names of the variables that size pools. */
export const POOL_VARIABLES = POOLS.map(({ name }) => name);

/** NumExpr complains of more threads than NUMEXPR_MAX_THREADS says, or than these without it. */
const NUMEXPR_MOST = 64;

/** How many cores the container may use, such as 1.5: by quota or affinity, whichever is less. */
export function usableCpus({ allowed, quota }: Cpus): number {
  return Math.min(allowed, quota ?? Number.POSITIVE_INFINITY);
}

/** How many threads fit into the cores that the container may use; undefined where it may use all that programs see. */
export function fittingThreads(cpus: Cpus): number | undefined {
  const usable = usableCpus(cpus);
  // Rounded down: one thread that waits for its share of time holds up all others of its pool.
  return usable < cpus.seen ? Math.max(1, Math.floor(usable)) : undefined;
}

/** The variables that give each pool a number of threads, but for those that have one. */
export function poolVariables(threads: number, env: Environment): Record<string, string> {
  const isSet = (name: string) => (env[name] ?? "").trim() !== "";
  const free = POOLS.filter(({ name, others }) => ![name, ...others].some(isSet));
  return Object.fromEntries(
    free.map(({ name }) => [
      name,
      String(name === "NUMEXPR_NUM_THREADS" ? forNumexpr(threads, env) : threads),
    ]),
  );
}

function forNumexpr(threads: number, env: Environment): number {
  const most = Number(env["NUMEXPR_MAX_THREADS"] ?? "");
  return Math.min(threads, most > 0 ? most : NUMEXPR_MOST);
}
