import { describe, expect, test } from "bun:test";
import { proxyFor } from "../../../src/features/provisioning/network.ts";
import { parseSource } from "../../../src/features/provisioning/source.ts";

describe("parseSource()", () => {
  test.each([
    ["https://u:p@host:8443/a/b.sh?sig=1#x", "url", "https://host:8443/a/b.sh?…"],
    ["file:///a%20b.sh", "file", "/a b.sh"],
    ["file:/a.sh", "file", "/a.sh"],
    ["/a b.sh", "file", "/a b.sh"],
    ["a.sh", "file", `${process.cwd()}/a.sh`],
  ] as const)("%s", (text, kind, label) => {
    expect(parseSource(text)).toMatchObject({ kind, label });
  });

  test("knows no other URLs", () => {
    expect(parseSource("ftp://host/a.sh")).toBeUndefined();
    expect(parseSource("file://server/share.sh")).toBeUndefined();
  });
});

describe("proxyFor()", () => {
  const env = { HTTP_PROXY: "http://plain:1", https_proxy: "secure:2" };
  test.each([
    ["http://a.example/", env, "http://plain:1"],
    ["https://a.example/", env, "http://secure:2"],
    ["https://a.example/", { ALL_PROXY: "http://all:3" }, "http://all:3"],
    ["http://a.example/", {}, undefined],
    ["http://a.example/", { ...env, NO_PROXY: "*" }, undefined],
    ["http://a.example/", { ...env, no_proxy: "x, .example" }, undefined],
    ["http://a.example/", { ...env, NO_PROXY: "example" }, undefined],
    ["http://myexample/", { ...env, NO_PROXY: "example" }, "http://plain:1"],
    ["http://a.example:81/", { ...env, NO_PROXY: "a.example:81" }, undefined],
    ["http://a.example/", { ...env, NO_PROXY: "a.example:81" }, "http://plain:1"],
  ])("%s with %j", (url, environment, expected) => {
    expect(proxyFor(new URL(url), environment)).toBe(expected);
  });
});
