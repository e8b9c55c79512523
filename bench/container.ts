import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { docker } from "./docker.ts";
import { type Peer, peersImage } from "./peers.ts";

const INSIDE = resolve(import.meta.dir, "inside");
const names = new Set<string>();
let started = 0;

/** Where the programs are that the image's compiler makes; static ones run on this machine as well. */
export const programs = mkdtempSync(join(tmpdir(), "ai-dock-bench-"));

const undo: (() => void)[] = [
  () => rmSync(programs, { recursive: true, force: true }),
  () => {
    if (names.size > 0) Bun.spawnSync(["docker", "rm", "-f", "-v", ...names]);
  },
];
process.on("exit", () => {
  for (const step of undo.toReversed()) step();
});
// Not once: timeout(1) sends its signal twice, and the second one must not end what undoes all.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));

/** Does something when the bench ends, however it ends, after all containers are gone. */
export function atExit(step: () => void): void {
  undo.splice(1, 0, step);
}

/** Whether the image has a program. */
export async function imageHas(program: string): Promise<boolean> {
  const entry = ["--no-healthcheck", "--entrypoint", "sh", peersImage, "-c", `command -v ${program} || true`];
  return (await docker("run", "--rm", ...entry)) !== "";
}

/** Compiles what the supervisors run. The sleeper is the probe with the start of any ordinary program: a dynamic linker's. */
export async function buildPrograms(): Promise<void> {
  const compile = [
    "gcc -O2 -static -o /programs/probe /inside/probe.c",
    "gcc -O2 -o /programs/sleeper /inside/probe.c",
    "gcc -O2 -static -o /programs/reader /inside/reader.c",
  ].join(" && ");
  const entry = ["--no-healthcheck", "--entrypoint", "sh", peersImage, "-c", compile];
  await docker("run", "--rm", ...mounts(), ...entry);
}

function mounts(): string[] {
  return [
    `${programs}:/programs`,
    `${INSIDE}:/inside:ro`,
    `${process.execPath}:/usr/local/bin/bun:ro`,
  ].flatMap((mount) => ["-v", mount]);
}

export interface Load {
  peer: Peer;
  /** How many programs it supervises. */
  count: number;
  /** Where their output goes, as start.sh knows it. */
  logs: "none" | "container" | "file" | "both" | "burst" | "sshd";
  /** What each of them does: words of the probe. */
  words?: string[];
  program?: "probe" | "sleeper";
  /** Docker's log driver; none keeps Docker's own work out of what is measured. */
  driver?: "json-file" | "none";
  /** The image's health check for ai-dock, one that does nothing for its peers; else none has any. */
  healthCheck?: boolean;
  options?: string[];
}

function healthOptions({ peer, healthCheck }: Load): string[] {
  if (healthCheck !== true) return ["--no-healthcheck"];
  return peer === "ai-dock" ? [] : ["--health-cmd", "true"];
}

/** The arguments of `docker create` for a load, from its options on. */
export function loadArguments(load: Load): string[] {
  const { peer, count, logs, words = ["run"], program = "probe", driver = "json-file", options = [] } = load;
  const common = [...mounts(), "--log-driver", driver, ...healthOptions(load), ...options];
  const start = ["/inside/start.sh", peer, String(count), logs, `/programs/${program}`, ...words];
  return [...common, "--entrypoint", "bash", peersImage, ...start];
}

/** A supervisor in a container, with programs. */
export class Supervised implements AsyncDisposable {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Runs a script of bench/inside in the container; what it printed, as JSON. */
  async measure<Result>(script: string, ...words: (string | number)[]): Promise<Result> {
    const command = ["bun", `/inside/${script}.ts`, ...words.map(String)];
    return JSON.parse(await docker("exec", this.id, ...command)) as Result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker("rm", "-f", "-v", this.id);
    names.delete(this.id);
  }
}

/** Makes a container that is removed when the caller is done with it, or the bench ends. */
export async function create(...args: string[]): Promise<Supervised> {
  const name = `ai-dock-bench-${process.pid}-${++started}`;
  names.add(name);
  await docker("create", "--name", name, ...args);
  return new Supervised(name);
}

/** Starts a supervisor with its programs. */
export async function supervise(load: Load): Promise<Supervised> {
  const container = await create(...loadArguments(load));
  await docker("start", container.id);
  return container;
}

/** Removes what a measure that did not end has left running. */
export async function removeContainers(): Promise<void> {
  if (names.size > 0) await docker("rm", "-f", "-v", ...names);
  names.clear();
}
