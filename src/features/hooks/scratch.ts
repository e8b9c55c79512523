import { mkdtempSync, rmSync } from "node:fs";
import { AiDockError } from "../../errors.ts";

/** In memory where that is possible: what scripts export may be secret. */
const parents = ["/run", "/dev/shm", "/tmp"];

/** A directory of mode 0700 that is removed with everything in it when it goes out of scope. */
export function scratchDirectory(): { path: string } & Disposable {
  for (const parent of parents) {
    try {
      const path = mkdtempSync(`${parent}/ai-dock-`);
      return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
    } catch {
      // The next one may be writable.
    }
  }
  throw new AiDockError(`Scripts: expected a writable directory of ${parents.join(", ")}, got none; not run`);
}
