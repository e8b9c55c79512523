import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stores } from "../../src/provision/state/stores.ts";

test.skipIf(process.getuid?.() !== 0)(
  "records leave the way open to what Caddy and the portal keep beside them",
  () => {
    const base = mkdtempSync(join(tmpdir(), "stores-"));
    chmodSync(base, 0o755);
    for (const before of [undefined, 0o700]) {
      const directory = join(base, "state");
      if (before !== undefined) chmodSync(directory, before);
      {
        using _ = new Stores({ WORKSPACE: `${base}/` }, () => undefined, directory);
      }
      const as = (...words: string[]) =>
        Bun.spawnSync(["setpriv", "--reuid=61901", "--regid=61901", "--clear-groups", ...words]).success;
      expect([as("test", "-x", directory), as("ls", directory)]).toEqual([true, false]);
    }
  },
);
