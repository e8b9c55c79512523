import { expect, test } from "bun:test";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const repository = join(import.meta.dir, "../..");

/** What scripts/up makes of a configured file of keys, for a user who has two keys of their own. */
function addKeys(configured: string): string {
  const folder = mkdtempSync(join(tmpdir(), "up-"));
  for (const name of ["config", "scripts", "home/.ssh"]) mkdirSync(join(folder, name), { recursive: true });
  cpSync(join(repository, "scripts/lib"), join(folder, "scripts/lib"), { recursive: true });
  // Its functions alone.
  const script = readFileSync(join(repository, "scripts/up"), "utf8").replace('main "$@"', "");
  writeFileSync(join(folder, "scripts/up"), script);
  writeFileSync(join(folder, "home/.ssh/id_a.pub"), "ssh-ed25519 AAAA a");
  writeFileSync(join(folder, "home/.ssh/id_b.pub"), "ssh-ed25519 BBBB b\n");
  writeFileSync(join(folder, "config/authorized_keys"), configured);
  const { exitCode } = Bun.spawnSync(["bash", "-c", ". scripts/up; settings"], {
    cwd: folder,
    env: { PATH: process.env["PATH"] ?? "", HOME: join(folder, "home") },
  });
  expect(exitCode).toBe(0);
  return readFileSync(join(folder, "config/authorized_keys"), "utf8");
}

test.each([
  ["", ""],
  ["# Keys go here\n", "# Keys go here\n"],
  ["# Keys go here", "# Keys go here\n"],
])("scripts/up gives each key a line of its own after %p", (configured, before) => {
  expect(addKeys(configured)).toBe(`${before}ssh-ed25519 AAAA a\nssh-ed25519 BBBB b\n`);
});
