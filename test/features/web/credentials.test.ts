import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LoginCodes } from "../../../src/features/web/codes.ts";
import { CredentialStore } from "../../../src/features/web/credentials.ts";
import { webSettings } from "../../../src/features/web/settings.ts";

const newFile = () => join(mkdtempSync(join(tmpdir(), "credentials-")), "credentials.json");
const store = (file: string, warnings: string[] = []) =>
  new CredentialStore(file, (text) => warnings.push(text));
const read = (file: string, env: Record<string, string> = {}) => store(file).read(webSettings(env));

test("what no setting gives is made once, and kept for root alone", () => {
  const file = newFile();
  const first = read(file);
  expect(first).toMatchObject({ login: true, user: "user", exclude: [] });
  expect(first.password).toMatch(/^[a-zA-Z2-9]{20}$/);
  expect(first.tokens[0]).toMatch(/^[\w-]{43}$/);
  expect(first.cookie).toMatch(/^ai_dock_[0-9a-f]{8}_session$/);
  expect(Buffer.from(first.sessionKey, "base64")).toHaveLength(32);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(read(file)).toEqual(first);
  expect(read(newFile()).password).not.toBe(first.password);
});

test("settings come first, under all their names", () => {
  const file = newFile();
  expect(read(file, { WEB_USER: "me", WEB_PASSWORD: "pass word", WEB_TOKEN: "tok" })).toMatchObject({
    user: "me",
    password: "pass word",
    tokens: ["tok"],
  });
  const vast = {
    WEB_USERNAME: "vastai",
    OPEN_BUTTON_TOKEN: "button",
    WEB_ENABLE_AUTH: "off",
    AUTH_EXCLUDE: "8080",
  };
  const credentials = read(file, vast);
  expect(credentials).toMatchObject({ login: false, user: "vastai", password: "button", exclude: [8080] });
  expect(credentials.tokens).toHaveLength(2);
  expect(credentials.tokens[1]).toBe("button");
  expect(readFileSync(file, "utf8")).not.toContain("button");
});

test("another password, from wherever, ends the sessions of the one before", () => {
  const file = newFile();
  const keys = [{}, { WEB_PASSWORD: "a" }, { WEB_PASSWORD: "a" }, { WEB_PASSWORD: "b" }].map(
    (env) => read(file, env).sessionKey,
  );
  expect(keys[1]).not.toBe(keys[0]!);
  expect(keys[2]).toBe(keys[1]);
  expect(keys[3]).not.toBe(keys[2]!);
});

test("another token ends the sessions that the one before may have opened", () => {
  const file = newFile();
  const keys = [{}, { WEB_TOKEN: "a" }, { WEB_TOKEN: "a" }, { WEB_TOKEN: "b" }].map(
    (env) => read(file, { WEB_PASSWORD: "p", ...env }).sessionKey,
  );
  expect(new Set(keys).size).toBe(3);
  expect(keys[2]).toBe(keys[1]);
});

test("a chosen login counts until the settings change, over restarts", () => {
  const file = newFile();
  const env = { WEB_PASSWORD: "of the settings" };
  store(file).choose("me", "chosen", webSettings(env));
  expect(read(file, env)).toMatchObject({ user: "me", password: "chosen" });
  expect(read(file, { WEB_PASSWORD: "another" })).toMatchObject({ user: "user", password: "another" });
});

test("a file that cannot be read or written costs what it holds, and no login", () => {
  const file = newFile();
  writeFileSync(file, '{"password": "s3cret');
  const warnings: string[] = [];
  expect(store(file, warnings).read(webSettings({})).password).toHaveLength(20);
  expect(warnings.join()).toContain("cannot be read");
  expect(warnings.join()).not.toContain("s3cret");
  const nowhere = store("/nonexistent/credentials.json", warnings);
  const { password } = nowhere.read(webSettings({}));
  expect(nowhere.read(webSettings({})).password).toBe(password);
});

const KEY = Buffer.alloc(32, 1).toString("base64");

test("a code is good once, for ten minutes", () => {
  const codes = new LoginCodes();
  const [first, second] = [codes.make(KEY, 0), codes.make(KEY, 0)];
  expect(codes.redeem("other", 1)).toBe(false);
  expect([codes.redeem(first, 1), codes.redeem(first, 1)]).toEqual([true, false]);
  expect(codes.redeem(second, 600_000)).toBe(false);
});
