import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { caddyConfig } from "../../../src/features/web/caddy-config.ts";
import { webSettings } from "../../../src/features/web/settings.ts";
import { tlsPlan } from "../../../src/features/web/tls-files.ts";
import { CADDY, Front, site } from "./_caddy.ts";

/** A self-signed certificate in a folder of its own. */
function certificate(kind: "rsa" | "ec", name: string) {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const paths = [join(folder, "container.crt"), join(folder, "container.key")] as const;
  const key = kind === "rsa" ? ["rsa:2048"] : ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const { status } = spawnSync("openssl", [
    "req",
    "-x509",
    "-nodes",
    "-newkey",
    ...key,
    "-subj",
    `/CN=${name}`,
    "-out",
    paths[0],
    "-keyout",
    paths[1],
  ]);
  if (status !== 0) throw new Error("openssl");
  return paths;
}

/** The certificate that a server shows, with its name and whether its key is RSA. */
async function shownBy(port: number, servername?: string): Promise<{ name: string; isRsa: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ name: string; isRsa: boolean }>();
  const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
  const socket = connect({ ...options, ...(servername === undefined ? {} : { servername }) }, () => {
    const { subject, modulus, subjectaltname } = socket.getPeerCertificate();
    const name = (subject.CN as string | undefined) ?? subjectaltname ?? "";
    resolve({ name, isRsa: modulus !== undefined });
    socket.destroy();
  });
  socket.on("error", reject);
  return await promise;
}

const ENV = { WEB_ENABLE_HTTPS: "true" };
const planOf = (pairs: (readonly [string, string])[], env: Record<string, string> = ENV) =>
  tlsPlan(webSettings(env), env, { pairs, directory: mkdtempSync(join(tmpdir(), "tls-")) });

test("without WEB_ENABLE_HTTPS there is no https", () => {
  expect(tlsPlan(webSettings({}), {})).toEqual({ plan: undefined });
  expect(planOf([], { ENABLE_HTTPS: "1" }).plan).toBeDefined();
  expect(planOf([], { ENABLE_HTTPS: "1", WEB_ENABLE_HTTPS: "no" }).plan).toBeUndefined();
});

test("a certificate with another's key, or that is none, is told in one line without its key", () => {
  const [certificatePath] = certificate("ec", "a");
  const [, otherKey] = certificate("ec", "b");
  const { plan, problem } = planOf([[certificatePath, otherKey]]);
  expect(plan?.mounted).toBeUndefined();
  expect(problem).toBe(
    `"${otherKey}" is not the key of "${certificatePath}"; a certificate of our own is used`,
  );
  writeFileSync(otherKey, "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");
  expect(planOf([[certificatePath, otherKey]]).problem).not.toContain("c2VjcmV0");
});

test("files that are half written cost nothing: the pair before stays until the new one is whole", () => {
  const directory = mkdtempSync(join(tmpdir(), "tls-"));
  const [pair, next] = [certificate("ec", "before"), certificate("ec", "after")];
  const plan = () => tlsPlan(webSettings(ENV), ENV, { pairs: [pair], directory });
  const shown = ({ plan: made }: ReturnType<typeof plan>) =>
    new X509Certificate(readFileSync(made?.mounted?.certificate ?? "")).subject;
  expect(shown(plan())).toBe("CN=before");
  const whole = readFileSync(next[0], "utf8");
  for (const text of ["", whole.slice(0, 200), whole]) {
    writeFileSync(pair[0], text);
    const half = plan();
    expect(shown(half)).toBe("CN=before");
    expect(half.problem).toEndWith("; the one before stays");
  }
  writeFileSync(pair[1], readFileSync(next[1]));
  expect(plan().problem).toBeUndefined();
  expect(shown(plan())).toBe("CN=after");
});

test("a FIFO or an endless file in the place of a certificate or a key holds nobody up", () => {
  const pair = certificate("ec", "a");
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  const [fifo, endless] = [join(folder, "fifo"), join(folder, "endless")];
  spawnSync("mkfifo", [fifo]);
  symlinkSync("/dev/zero", endless);
  for (const bad of [fifo, endless])
    for (const places of [[bad, pair[1]] as const, [pair[0], bad] as const]) {
      const { plan, problem } = planOf([places]);
      expect([plan?.mounted, problem]).toEqual([
        undefined,
        `"${bad}": expected a file of at most 1048576 bytes; a certificate of our own is used`,
      ]);
    }
});

test("no name or key of a certificate is in Caddy's configuration", () => {
  const pair = certificate("ec", "a");
  const { plan } = planOf([pair]);
  const config = JSON.stringify(
    caddyConfig({
      adminSocket: "/a",
      portalSocket: "/p",
      leavingFile: "/l",
      login: true,
      tls: plan,
      sites: [],
    }),
  );
  expect(config).not.toContain("PRIVATE KEY");
});

describe.skipIf(CADDY === undefined)("Caddy with https", () => {
  test.each(["rsa", "ec"] as const)("shows a mounted %s certificate for every name", async (kind) => {
    await using front = await new Front().start();
    using app = Bun.serve({
      port: 0,
      fetch: (request) => new Response(request.headers.get("x-forwarded-proto")),
    });
    const one = site(app.port!);
    const pair = certificate(kind, "mounted.example");
    await front.load({ sites: [one], tls: planOf([pair]).plan });
    const expected = { name: "mounted.example", isRsa: kind === "rsa" };
    for (const name of [undefined, "mounted.example", "other.example"])
      expect(await shownBy(one.port, name)).toEqual(expected);
    const options = { tls: { rejectUnauthorized: false } };
    const response = await fetch(`https://127.0.0.1:${one.port}/`, options);
    expect(await response.text()).toBe("https");
    // The files are replaced while Caddy runs.
    rmSync(pair[0]);
    const other = certificate(kind, "newer.example");
    await front.load({ sites: [one], tls: planOf([other]).plan });
    expect(await shownBy(one.port)).toMatchObject({ name: "newer.example" });
  });

  test("sends http on the same port to https, and has certificates of its own authority", async () => {
    await using front = await new Front().start();
    using app = Bun.serve({ port: 0, fetch: () => new Response("app") });
    const one = site(app.port!);
    const env = { ...ENV, DIRECT_ADDRESS: "gpu.example.com" };
    await front.load({ sites: [one], tls: tlsPlan(webSettings(env), env, { pairs: [] }).plan });
    const response = await fetch(`http://127.0.0.1:${one.port}/a?b=c`, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([
      308,
      `https://127.0.0.1:${one.port}/a?b=c`,
    ]);
    // The authority needs a moment for each name; until then, another name answers.
    const shows = async (text: string, name?: string) =>
      (await shownBy(one.port, name).catch(() => undefined))?.name.includes(text) === true;
    for (const name of ["localhost", "gpu.example.com"])
      while (!(await shows(name, name))) await Bun.sleep(5);
    while (!(await shows("127.0.0.1"))) await Bun.sleep(5);
    for (const name of ["gpu.example.com", "unknown.example"])
      expect((await shownBy(one.port, name)).name).toContain("gpu.example.com");
  });
});
