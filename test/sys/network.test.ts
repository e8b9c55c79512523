import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proxyFor, trustedAuthorities } from "../../src/sys/network.ts";
import { privateAuthority } from "../features/provisioning/server-fixture.ts";

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

describe("trustedAuthorities()", () => {
  const own = privateAuthority().ca;

  test("adds those of both variables to the usual ones", async () => {
    const usual = trustedAuthorities({}, () => expect.unreachable());
    expect(usual.length).toBeGreaterThan(50);
    const pem = (await Bun.file(own).text()).trim();
    for (const name of ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"])
      expect(trustedAuthorities({ [name]: own }, () => expect.unreachable())).toEqual([...usual, pem]);
  });

  test("warns of a file without a certificate, and goes on", () => {
    const empty = join(mkdtempSync(join(tmpdir(), "empty-")), "ca.pem");
    writeFileSync(empty, "");
    const warnings: string[] = [];
    const env = { SSL_CERT_FILE: empty, NODE_EXTRA_CA_CERTS: "/nonexistent/ca.pem" };
    expect(trustedAuthorities(env, (message) => warnings.push(message)).length).toBeGreaterThan(50);
    expect(warnings).toEqual([
      `SSL_CERT_FILE: expected a file of PEM certificates, got "${empty}"; ignoring it`,
      'NODE_EXTRA_CA_CERTS: expected a file of PEM certificates, got "/nonexistent/ca.pem"; ignoring it',
    ]);
  });
});
