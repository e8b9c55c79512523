import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { docker } from "./docker.ts";
import { type Peer, peersImage } from "./peers.ts";

const INSIDE = resolve(import.meta.dir, "inside");
const names = new Set<string>();
let started = 0;

/** The compiled probe, made once by the compiler of the image. */
const programs = mkdtempSync(join(tmpdir(), "ai-dock-bench-"));

process.on("exit", () => {
  if (names.size > 0) Bun.spawnSync(["docker", "rm", "-f", "-v", ...names]);
  rmSync(programs, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Compiles what the supervisors will run. */
export async function buildProbe(): Promise<void> {
  const compile = ["gcc", "-O2", "-static", "-o", "/programs/probe", "/inside/probe.c"];
  await docker(
    "run",
    "--rm",
    ...mounts(),
    "--entrypoint",
    compile[0] as string,
    peersImage,
    ...compile.slice(1),
  );
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
  logs: "file" | "container" | "none";
  /** What each of them does: words of the probe. */
  words?: string[];
  /** Docker drops what the container prints, so that its own log is not what is measured. */
  dropOutput?: boolean;
}

/** A supervisor in a container, with programs. */
export class Supervised implements AsyncDisposable {
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }

  /** Runs a script of bench/inside in the container; what it printed, as JSON. */
  async measure<Result>(script: string, ...words: string[]): Promise<Result> {
    return JSON.parse(await docker("exec", this.id, "bun", `/inside/${script}.ts`, ...words)) as Result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await docker("rm", "-f", "-v", this.id);
    names.delete(this.id);
  }
}

/** The arguments of `docker run` for a load, from its options on. */
export function loadArguments({ peer, count, logs, words = ["run"], dropOutput }: Load): string[] {
  const start = ["/inside/start.sh", peer, String(count), logs, ...words];
  const driver = dropOutput ? ["--log-driver", "none"] : [];
  return [...mounts(), ...driver, "--entrypoint", "bash", peersImage, ...start];
}

export function nextName(): string {
  const name = `ai-dock-bench-${process.pid}-${++started}`;
  names.add(name);
  return name;
}

/** Starts a supervisor with its programs. */
export async function supervise(load: Load): Promise<Supervised> {
  const name = nextName();
  await docker("run", "-d", "--name", name, ...loadArguments(load));
  return new Supervised(name);
}
