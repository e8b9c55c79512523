import { describe, expect, test } from "bun:test";
import { backoff, retryAfter } from "../../../src/provision/download/backoff.ts";
import { label, servedUrl } from "../../../src/provision/download/label.ts";
import { contentRange } from "../../../src/provision/download/remote.ts";
import { ifRange, sameVersion } from "../../../src/provision/download/validator.ts";

test("retryAfter() knows seconds and dates", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(retryAfter("12", now)).toBe(12_000);
  expect(retryAfter("Thu, 01 Jan 2026 00:00:05 GMT", now)).toBe(5000);
  expect(retryAfter("Wed, 31 Dec 2025 00:00:05 GMT", now)).toBe(0);
  expect(retryAfter("soon", now)).toBeUndefined();
  expect(retryAfter(null, now)).toBeUndefined();
});

test("backoff() doubles up to a minute, with jitter, and obeys the server", () => {
  expect([1, 2, 3, 20].map((failures) => backoff(failures, 1, 0, 1))).toEqual([1000, 2000, 4000, 60_000]);
  expect(backoff(3, 1, 0, 0)).toBe(2000);
  expect(backoff(1, 1, 30_000, 0)).toBe(30_000);
});

test("contentRange() takes whole ranges of a known size alone", () => {
  expect(contentRange("bytes 5-9/100")).toEqual({ offset: 5, end: 10, size: 100 });
  for (const header of [
    null,
    "",
    "bytes */100",
    "bytes 5-9/*",
    "bytes 9-5/100",
    "bytes 5-100/100",
    "items 1-2/3",
  ])
    expect(contentRange(header)).toBeUndefined();
});

test("If-Range is a strong ETag, or the time where there is none", () => {
  expect(ifRange({ etag: '"a"', lastModified: "t" })).toBe('"a"');
  expect(ifRange({ etag: 'W/"a"', lastModified: "t" })).toBeUndefined();
  expect(ifRange({ lastModified: "t" })).toBe("t");
  expect(ifRange({})).toBeUndefined();
});

describe("sameVersion()", () => {
  test.each([
    [{ etag: '"a"' }, { etag: 'W/"a"' }, true],
    [{ etag: '"a"', lastModified: "t" }, { etag: '"b"', lastModified: "t" }, false],
    [{ lastModified: "t" }, { etag: '"b"', lastModified: "t" }, true],
    [{ lastModified: "t" }, { lastModified: "u" }, false],
    [{ etag: '"a"' }, { lastModified: "u" }, undefined],
  ])("%j and %j", (one, other, same) => expect(sameVersion(one, other)).toBe(same as boolean));
});

test("label() shows no user, password, query or fragment", () => {
  expect(label(new URL("https://me:secret@a.example:1/b/c.bin?token=secret#x"))).toBe(
    "https://a.example:1/b/c.bin?…",
  );
  expect(label(servedUrl("drive:models #1/", "a b?.bin"))).toBe("rclone:drive:models #1/a b?.bin");
});
