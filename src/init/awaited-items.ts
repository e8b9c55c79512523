import { rmSync, statSync } from "node:fs";
import { readProvisioning } from "../control/portal/provisioning.ts";
import { areItemsDone, describeMissing } from "../features/provisioned.ts";
import { nameIndex } from "../programs/names.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { runtimePath } from "../sys/runtime-directory.ts";

const LOOK_MILLISECONDS = 250;

/** Starts programs as the items of a manifest that they need are done, while the provisioning goes on. */
export class AwaitedItems {
  readonly #path: string;
  readonly #start: (spec: ProgramSpec) => void;
  readonly #named: (name: string) => ProgramSpec[];
  readonly #waiting: Set<ProgramSpec>;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #version: string | undefined;

  /** `start` is called once for each program whose time has come. */
  constructor(
    specs: readonly ProgramSpec[],
    start: (spec: ProgramSpec) => void,
    path = runtimePath("provisioning.json"),
  ) {
    this.#path = path;
    this.#start = start;
    this.#named = nameIndex(specs);
    this.#waiting = new Set(specs);
    if (specs.length === 0) return;
    // What an earlier life of the container has left says nothing of this one.
    rmSync(path, { force: true });
    this.#timer = setInterval(() => this.#look(), LOOK_MILLISECONDS);
  }

  /** Ends that. Returns a line on each item that was waited for in vain. */
  end(): string[] {
    if (this.#timer === undefined) return [];
    clearInterval(this.#timer);
    const { items } = readProvisioning(this.#path);
    return [...this.#waiting].flatMap((spec) => describeMissing(spec, items));
  }

  #look(): void {
    const found = statSync(this.#path, { throwIfNoEntry: false });
    // A new file each time: two may be written within the time that the kernel tells apart.
    const version = found && `${found.ino} ${found.mtimeMs}`;
    if (version === undefined || version === this.#version) return;
    this.#version = version;
    const { items } = readProvisioning(this.#path);
    for (let before = -1; before !== this.#waiting.size;) {
      before = this.#waiting.size;
      for (const spec of this.#waiting) {
        // The supervisor waits for programs that it knows of.
        const isNext = spec.dependsOn
          .flatMap(this.#named)
          .every((other) => other === spec || !this.#waiting.has(other));
        if (!isNext || !areItemsDone(spec, items)) continue;
        this.#waiting.delete(spec);
        this.#start(spec);
      }
    }
    if (this.#waiting.size === 0) clearInterval(this.#timer);
  }
}
