import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shareKeys } from "../../../src/features/ssh/account-keys.ts";

const KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMHmk9xGmzXjqqTZrvBcxRtGEBa2tyEtP0YMNHd3EZr5";

test.skipIf(process.getuid?.() !== 0)(
  "shareKeys() copies root's keys, once each, for the account's group",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "keys-"));
    const [one, other, to] = ["one", "other", "to"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const share = (account?: { gid: number }) =>
      shareKeys(account, (line) => expect.unreachable(line), { from: [one, other], to });
    writeFileSync(one, `from="10.0.0.0/8" ${KEY} me\nsomething else\n`);
    share({ gid: 4002 });
    expect(readFileSync(to, "utf8")).toBe(`from="10.0.0.0/8" ${KEY} me\n`);
    const { uid, gid, mode } = statSync(to);
    expect([uid, gid, mode & 0o7777]).toEqual([0, 4002, 0o640]);
    writeFileSync(other, `${KEY}\n`);
    share({ gid: 4002 });
    expect(readFileSync(to, "utf8").trim().split("\n")).toHaveLength(1);
    share();
    expect(existsSync(to)).toBe(false);
  },
);
