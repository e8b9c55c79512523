import { expect, test } from "bun:test";
import { seal, unseal } from "../../src/portal/auth/seal.ts";

const key = Buffer.alloc(32, 1).toString("base64");

test("a session lasts as long as was said", () => {
  const text = seal(key, 60, 1_000_000);
  expect(unseal(key, text, 1_059_999)).toEqual({ id: text.slice(0, 22), expires: 1060 });
  expect(unseal(key, text, 1_060_000)).toBeUndefined();
});

test("another key reads nothing", () => {
  expect(unseal(Buffer.alloc(32, 2).toString("base64"), seal(key, 60))).toBeUndefined();
});
