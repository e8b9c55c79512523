import { readdirSync, readlinkSync, statSync } from "node:fs";
import { renderNodes } from "../nodes.ts";
import { namesIn, textOf } from "./files.ts";

const READ_AND_WRITE = 0o6;

/** What the kernel has counted for one process's use of one engine of a GPU. */
interface Use {
  /** Nanoseconds at work (i915), or cycles at work (xe). */
  busy: number;
  /** Cycles of the engine until now (xe); undefined where time is the measure. */
  total: number | undefined;
}

/** By the PCI address of the GPU, and by engine, file system client and process. */
export interface EngineUse {
  /** performance.now() */
  at: number;
  uses: Map<string, Map<string, Use>>;
  /** False where processes that may use a GPU could not be looked at: their work is not counted. */
  isComplete: boolean;
}

/**
 * What processes here do with GPUs, by the counters that the kernel keeps for each open render node
 * (https://docs.kernel.org/gpu/drm-usage-stats.html). Sees the processes of this container only.
 */
export function engineUse(root = ""): EngineUse {
  const uses: EngineUse["uses"] = new Map();
  const refused: string[] = [];
  for (const pid of namesIn(`${root}/proc`).filter((name) => /^\d+$/.test(name))) {
    const process = `${root}/proc/${pid}`;
    for (const fd of descriptors(process, refused)) {
      if (!isRenderNode(`${process}/fd/${fd}`)) continue;
      const text = textOf(`${process}/fdinfo/${fd}`) ?? "";
      const pci = /^drm-pdev:\s*(\S+)/m.exec(text)?.[1];
      const client = /^drm-client-id:\s*(\d+)/m.exec(text)?.[1];
      if (pci === undefined || client === undefined) continue;
      const own = uses.get(pci) ?? new Map<string, Use>();
      uses.set(pci, own);
      // A client that several descriptors share is counted once.
      for (const [engine, use] of enginesIn(text)) own.set(`${engine} ${client}`, use);
    }
  }
  // A node may go at any time.
  const nodes = renderNodes(root).flatMap(
    (name) => statSync(`${root}/dev/dri/${name}`, { throwIfNoEntry: false }) ?? [],
  );
  const isComplete = !refused.some((process) => nodes.some((node) => mayUse(process, node)));
  return { at: performance.now(), uses, isComplete };
}

/** Load of the busiest engine of a GPU between two looks, from 0 to 1; null where not all processes could be looked at. */
export function loadBetween(before: EngineUse, now: EngineUse, pci: string): number | null {
  if (!before.isComplete || !now.isComplete) return null;
  const nanoseconds = (now.at - before.at) * 1e6;
  const loads = new Map<string, number>();
  for (const [key, { busy, total }] of now.uses.get(pci) ?? []) {
    const last = before.uses.get(pci)?.get(key);
    if (last === undefined) continue;
    const whole = total === undefined ? nanoseconds : total - (last.total ?? total);
    const [engine = ""] = key.split(" ");
    if (whole > 0) loads.set(engine, (loads.get(engine) ?? 0) + Math.max(0, busy - last.busy) / whole);
  }
  return Math.min(1, Math.max(0, ...loads.values()));
}

function descriptors(process: string, refused: string[]): string[] {
  try {
    return readdirSync(`${process}/fd`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EACCES") refused.push(process);
    return [];
  }
}

/** By owner and mode; what a process may have opened before it became another user is not known. */
function mayUse(process: string, { uid, gid, mode }: { uid: number; gid: number; mode: number }): boolean {
  const status = textOf(`${process}/status`);
  if (status === null) return true;
  const idsOf = (name: string) =>
    new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  const groups = [...idsOf("Gid"), ...idsOf("Groups")];
  const shift = idsOf("Uid").includes(uid) ? 6 : groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & READ_AND_WRITE) !== 0;
}

function isRenderNode(path: string): boolean {
  try {
    return readlinkSync(path).startsWith("/dev/dri/");
  } catch {
    return false;
  }
}

function* enginesIn(text: string): Generator<[engine: string, Use]> {
  for (const [, engine = "", busy] of text.matchAll(/^drm-engine-(?!capacity-)(\S+):\s*(\d+) ns$/gm))
    yield [engine, { busy: Number(busy), total: undefined }];
  for (const [, engine = "", busy] of text.matchAll(/^drm-cycles-(\S+):\s*(\d+)$/gm)) {
    const total = new RegExp(`^drm-total-cycles-${engine}:\\s*(\\d+)$`, "m").exec(text)?.[1];
    if (total !== undefined) yield [engine, { busy: Number(busy), total: Number(total) }];
  }
}
