import { mkdtempSync, rmSync } from "node:fs";
import { AiDockError } from "../../errors.ts";

/** In memory where possible: exports of scripts may be secret. */
const parents = ["/run", "/dev/shm", "/tmp"];

/** Makes a directory of mode 0700, which is removed when the result goes out of scope. Throws AiDockError. */
export function scratchDirectory(): { path: string } & Disposable {
  for (const parent of parents) {
    try {
      const path = mkdtempSync(`${parent}/ai-dock-`);
      return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
    } catch {
      // Read-only or missing; the next parent may do.
    }
  }
  throw new AiDockError(`Scripts: expected a writable directory of ${parents.join(", ")}, got none; not run`);
}
