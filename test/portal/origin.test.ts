import { expect, test } from "bun:test";
import { originOf } from "../../src/portal/auth/origin.ts";

test.each<[string, Record<string, string>, string, string]>([
  ["our own page", { Origin: "http://box:1111" }, "box:1111", "same"],
  ["our own page, https ended by a proxy", { Origin: "https://box" }, "box:443", "same"],
  ["another port of ours", { Origin: "http://box:8188" }, "box:1111", "same-host"],
  ["a page elsewhere", { Origin: "http://evil.example" }, "box:1111", "foreign"],
  ["a page without an origin", { Origin: "null" }, "box:1111", "foreign"],
  ["no browser", {}, "box:1111", "unknown"],
  [
    "our own page behind a proxy that changes Host",
    { Origin: "https://pod-1111.proxy.example", "Sec-Fetch-Site": "same-origin" },
    "10.0.0.7:1111",
    "same",
  ],
  ["a reload", { Origin: "null", "Sec-Fetch-Site": "none" }, "box:1111", "same"],
  [
    "a page elsewhere whose Host a proxy made ours",
    { Origin: "http://box:1111", "Sec-Fetch-Site": "cross-site" },
    "box:1111",
    "foreign",
  ],
  [
    "another tenant of the same site",
    { Origin: "https://evil-1111.proxy.example", "Sec-Fetch-Site": "same-site" },
    "pod-1111.proxy.example",
    "foreign",
  ],
  [
    "another port, by https",
    { Origin: "https://box:8188", "Sec-Fetch-Site": "same-site" },
    "box:1111",
    "same-host",
  ],
  ["a same site that does not say which", { "Sec-Fetch-Site": "same-site" }, "box:1111", "foreign"],
])("%s", (_, headers, host, origin) => {
  expect(originOf({ headers: new Headers(headers), host })).toBe(origin as never);
});
