import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { giveDirectory, ownerFor } from "../../src/provision/ownership.ts";
import { DirectoryHandle } from "../../src/sys/directory-handle.ts";
import { lookupUser } from "../../src/sys/users.ts";

const account = lookupUser("daemon");

describe.skipIf(process.getuid?.() !== 0 || account === undefined)("ownerFor()", () => {
  const whose = (path: string, workspace: string) => {
    using directory = DirectoryHandle.open(path);
    return ownerFor(account, { WORKSPACE: workspace })(directory)?.uid;
  };

  test("gives the account what is in the workspace, and others their own", () => {
    const workspace = mkdtempSync(join(tmpdir(), "workspace-"));
    mkdirSync(`${workspace}/theirs`);
    mkdirSync(`${workspace}-beside`);
    chownSync(`${workspace}/theirs`, 4242, 4242);
    expect([whose(workspace, workspace), whose(`${workspace}/theirs`, `${workspace}/`)]).toEqual([1, 4242]);
    expect(whose(`${workspace}-beside`, workspace)).toBeUndefined();
    expect(ownerFor(undefined, {})(DirectoryHandle.open(workspace))).toBeUndefined();
  });

  test("gives nobody the place of drop-ins and scripts of root's, whatever the workspace is", () => {
    expect([whose("/etc", "/"), whose("/etc", "/etc"), whose("/opt", "/opt")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("never gives away a directory that was there", () => {
    const folder = mkdtempSync(join(tmpdir(), "there-"));
    mkdirSync(`${folder}/full/inside`, { recursive: true });
    using full = DirectoryHandle.open(`${folder}/full`);
    giveDirectory(full, { uid: 1, gid: 1 });
    expect(full.stat().uid).toBe(0);
  });
});
