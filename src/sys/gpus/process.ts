import { writeSync } from "node:fs";
import { endWithParent } from "../libc.ts";
import { readLastEvents } from "./events.ts";
import { nameReader } from "./held.ts";
import { hasNvidia } from "./nodes.ts";
import { NvmlSession } from "./nvml/session.ts";
import type { Question, ReaderLine } from "./protocol.ts";
import { Cards } from "./sysfs/cards.ts";

export interface ReaderProcessOptions {
  /** The library, in place of the one that the loader finds. */
  library?: string;
  /** Stands in front of paths of the kernel's. */
  root?: string;
}

/**
 * The process `ai-dock gpu-reader`: answers each line on standard input with what GPUs do, a line of JSON each, until its
 * input ends. Calls of the driver may hold it up for ever; whoever reads it has a deadline.
 */
export async function gpuReaderProcess(options: ReaderProcessOptions): Promise<void> {
  endWithParent();
  nameReader();
  const { library, root = "" } = options;
  const cards = new Cards(root);
  let session: NvmlSession | undefined;

  const readNvidia = (leftOut: Question) => {
    tell({ asking: null });
    if (session === undefined) {
      const opened = NvmlSession.open(library, root);
      if (typeof opened === "string") return tell({ problem: opened });
      session = opened;
    }
    tell({ system: { driver: session.driver(), cuda: session.cuda() } });
    const events = readLastEvents();
    let isWell = true;
    const problem = session.read(new Set(leftOut), {
      asking: (index) => tell({ asking: index }),
      gpu: (gpu) => {
        isWell &&= gpu.problem === null;
        tell({ gpu: { ...gpu, xid: events[gpu.pci ?? ""] ?? null } });
      },
    });
    if (problem !== undefined) tell({ problem });
    if (problem === undefined && isWell) return undefined;
    // What NVML knows of a lost GPU stays as it is until its next initialization.
    session.close();
    session = undefined;
    return undefined;
  };

  tell({ up: true });
  // One question at a time, shorter than any pipe: a chunk is a line.
  const decoder = new TextDecoder();
  for await (const chunk of Bun.stdin.stream()) {
    const leftOut = JSON.parse(decoder.decode(chunk)) as Question;
    for (const gpu of cards.read()) tell({ gpu });
    if (hasNvidia(root)) readNvidia(leftOut);
    tell({ end: true });
  }
  session?.close();
}

/** At once: the next call of the driver may be one that never ends. On a line of its own, whatever the library has printed. */
function tell(line: ReaderLine): void {
  writeSync(1, `\n${JSON.stringify(line)}\n`);
}
