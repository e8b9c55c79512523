import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accountCheck } from "../../../src/features/account/check.ts";
import { readSettings } from "../../../src/env/load.ts";
import { lookupUser } from "../../../src/sys/users.ts";

const check = (env: Record<string, string>) =>
  accountCheck({ env, settings: readSettings(env).settings, status: undefined });

test("nothing is said where nothing names an account, or it is one of the system", async () => {
  expect(await check({})).toEqual([]);
  expect(await check({ USER_NAME: "nosuchuser" })).toEqual([
    expect.objectContaining({ status: "error", message: "USER_NAME names one, and there is none" }),
  ]);
});

/** A person of this machine, if there is one: account files of their own need another root. */
const person = lookupUser("1000");

describe.skipIf(process.getuid?.() !== 0 || person === undefined)("an account", () => {
  test("that cannot write to the workspace is told how to", async () => {
    const workspace = mkdtempSync(join(tmpdir(), "check-"));
    const env = { USER_NAME: person?.name ?? "", WORKSPACE: workspace };
    const messages = async () => (await check(env)).map(({ message }) => message);
    expect(await messages()).toContain(`"${env.USER_NAME}" cannot write to "${workspace}/"`);
    chownSync(workspace, 1000, 1000);
    chmodSync(workspace, 0o700);
    expect(await messages()).not.toContain(`"${env.USER_NAME}" cannot write to "${workspace}/"`);
  });
});
