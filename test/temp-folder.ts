// Before every test run: what it writes to the folder for temporary files goes away with it.
import { afterAll } from "bun:test";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "ai-dock-test-"));
// Tests run parts of themselves as other users.
chmodSync(folder, 0o755);
process.env["TMPDIR"] = folder;

const remove = () => rmSync(folder, { recursive: true, force: true });
// The end of a test run is no exit to listen for; an interrupted one is.
afterAll(remove);
process.on("exit", remove);
