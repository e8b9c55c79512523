import { resolve } from "node:path";
import { must, type Result, run } from "../e2e/_run.ts";

export const ROOT = resolve(import.meta.dir, "../..");
/** Bake and compose files are read by docker's own client, which needs no engine for that; `scripts/test` sees to it. */
export const HAS_DOCKER = Bun.which("docker") !== null;

export const BAKE = ["docker", "buildx", "bake", "-f", "docker-bake.hcl"];

export interface BakeTarget {
  tags: string[];
  contexts: { base: string };
  args: Record<string, string>;
  labels: Record<string, string>;
  platforms?: string[];
  attest?: unknown[];
  "cache-from"?: { ref: string }[];
}

/** What bake would build, without building it. */
export async function plan(
  name: string,
  env: Record<string, string> = {},
): Promise<Record<string, BakeTarget>> {
  return JSON.parse(await must([...BAKE, "--print", name], { cwd: ROOT, env })).target;
}

export function refused(name: string, env: Record<string, string>): Promise<Result> {
  return run([...BAKE, "--print", name], { cwd: ROOT, env });
}
