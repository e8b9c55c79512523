import { expect, test } from "bun:test";
import { Activity } from "../../src/portal/activity.ts";
import { visitorOf } from "../../src/portal/auth/visitor.ts";

const visitor = (method: string, headers: Record<string, string> = {}) =>
  visitorOf(new Request("http://portal/x", { method, headers }));

const counts = (kind: "app" | "portal", method: string, headers?: Record<string, string>) => {
  const activity = new Activity();
  activity[kind](visitor(method, headers));
  return activity.count;
};

test("what a person or a program asks of an app counts, not what a page asks for by itself", () => {
  expect(counts("app", "GET")).toBe(1);
  expect(counts("app", "GET", { "sec-fetch-dest": "document" })).toBe(1);
  expect(counts("app", "GET", { "sec-fetch-dest": "image" })).toBe(1);
  expect(counts("app", "POST", { "sec-fetch-dest": "empty" })).toBe(1);
  expect(counts("app", "GET", { "sec-fetch-dest": "empty" })).toBe(0);
  expect(counts("app", "HEAD", { "sec-fetch-dest": "empty" })).toBe(0);
  expect(counts("app", "GET", { upgrade: "websocket" })).toBe(0);
});

test("of the portal itself, its pages count, and what changes something", () => {
  expect(counts("portal", "GET", { "sec-fetch-mode": "navigate" })).toBe(1);
  expect(counts("portal", "POST")).toBe(1);
  // Metrics and state, as a monitor reads them.
  expect(counts("portal", "GET", { accept: "application/json" })).toBe(0);
});
