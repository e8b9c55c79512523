import { Staging } from "../../../src/features/opt-sync/staging.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";

/** Takes and leaves the place for copies of a workspace, as often as the second word says. */
const [shown = "", rounds = ""] = process.argv.slice(2);
using workspace = DirectoryHandle.open(shown);
const say = (line: string) => console.log(line);
for (let round = 0; round < Number(rounds); round++)
  Staging.open({ workspace, shown, say, patienceSeconds: 60, isShared: false, leaseSeconds: 60 })[
    Symbol.dispose
  ]();
