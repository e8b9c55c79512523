import { existsSync } from "node:fs";
import { join } from "node:path";

/** The sources, where they run themselves. */
const MAIN = join(import.meta.dir, "../main.ts");

/** The words that start this very program: the executable, or the sources with Bun. */
export function ownCommand(): string[] {
  return existsSync(MAIN) ? [process.execPath, MAIN] : [process.execPath];
}
