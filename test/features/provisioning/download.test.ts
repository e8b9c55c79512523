import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { machine, timing } from "./fixture.ts";
import { privateAuthority, rawServer } from "./server-fixture.ts";

const SCRIPT = "#!/bin/bash\nexport FROM=web\necho hello\nexit\n";
const OLD = "echo old\n";
const sha256 = createHash("sha256").update(SCRIPT).digest("hex");

let requests: string[] = [];
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes: {
    "/script.sh": () => new Response(SCRIPT),
    "/redirect": () => Response.redirect("/script.sh"),
    "/loop": () => Response.redirect("/loop"),
    "/html": () => new Response("<p>", { headers: { "content-type": "text/html; charset=utf-8" } }),
    "/page": () => new Response("\n<!-- x -->\n<!DOCTYPE html><html>"),
    "/empty": () => new Response(""),
    "/forbidden": () => new Response("no", { status: 403 }),
    "/busy": () => new Response("no", { status: 503 }),
    "/user": (request) =>
      request.headers.get("authorization") === `Basic ${btoa("me:secret")}`
        ? new Response(SCRIPT)
        : new Response("who?", { status: 401 }),
    "/once-busy": () =>
      requests.filter((path) => path === "/once-busy").length > 1
        ? new Response(SCRIPT)
        : new Response("no", { status: 502 }),
    "/*": () => new Response("not here", { status: 404 }),
  },
});
const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;

/** Every request is noted by path before it is answered. */
const counting = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch(request) {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    return fetch(url(pathname), { redirect: "manual" });
  },
});
const counted = (path: string) => `http://127.0.0.1:${counting.port}${path}`;

const refusal = (path: string, got: string) =>
  `PROVISIONING_SCRIPT: expected a script at "${path}", got ${got}`;

describe("provision() downloads", () => {
  test.each([["/script.sh"], ["/redirect"], ["/once-busy"]])("%s and runs it", async (path) => {
    requests = [];
    const { boot, read, script, paths } = machine();
    const { message, output, env } = await boot({ PROVISIONING_SCRIPT: counted(path) });
    expect([message, output, env["FROM"], read()]).toEqual(["Provisioning done", "hello\n", "web", SCRIPT]);
    expect(statSync(script).mode & 0o777).toBe(0o700);
    expect(readdirSync(paths.directory)).toEqual(["provisioning.sh"]);
  });

  test("with user and password, and shows neither them nor the query", async () => {
    const { boot } = machine();
    const withUser = url("/user").replace("//", "//me:secret@");
    expect((await boot({ PROVISIONING_SCRIPT: withUser })).output).toBe("hello\n");
    const { message, lines } = await boot({ PROVISIONING_SCRIPT: `${withUser}/x?token=secret` });
    expect(lines[0]).toBe(
      `warn ${refusal(`${url("/user/x")}?…`, "HTTP 404 Not Found")}; running the one that was there`,
    );
    expect(`${message}${lines.join("")}`).not.toContain("secret");
  });

  test("with user and password for the first host alone, wherever that redirects", async () => {
    const seen: (string | null)[] = [];
    const answer = (response: () => Response) =>
      Bun.serve({
        port: 0,
        fetch(request) {
          seen.push(request.headers.get("authorization"));
          return response();
        },
      });
    using other = answer(() => new Response(SCRIPT));
    using first = answer(() => Response.redirect(`http://localhost:${other.port}/script.sh`));
    const { boot } = machine();
    const { output } = await boot({ PROVISIONING_SCRIPT: `http://me:secret@127.0.0.1:${first.port}/` });
    expect([output, seen]).toEqual(["hello\n", [`Basic ${btoa("me:secret")}`, null]]);
  });

  test("through a proxy, unless NO_PROXY names the host", async () => {
    let seen = "";
    using proxy = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch(request) {
        seen = request.url;
        return new Response("echo by proxy\n");
      },
    });
    const env = { http_proxy: `127.0.0.1:${proxy.port}` };
    const { boot } = machine();
    const settings = { PROVISIONING_SCRIPT: "http://provisioning.invalid/a.sh" };
    expect((await boot(settings, { env })).output).toBe("by proxy\n");
    expect(seen).toBe("http://provisioning.invalid/a.sh");
    const direct = await boot(
      { PROVISIONING_SCRIPT: url("/script.sh") },
      { env: { ...env, NO_PROXY: "127.0.0.1" } },
    );
    expect(direct.output).toBe("hello\n");
  });

  test("over TLS with an authority from SSL_CERT_FILE, and refuses it without", async () => {
    const { ca, cert, key } = privateAuthority();
    using secure = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { cert, key },
      fetch: () => new Response(SCRIPT),
    });
    const PROVISIONING_SCRIPT = `https://127.0.0.1:${secure.port}/a.sh`;
    const { boot } = machine();
    const { message, lines } = await boot({ PROVISIONING_SCRIPT });
    expect(message).toBe(
      `${refusal(PROVISIONING_SCRIPT, "an untrusted server (unable to verify the first certificate)")}; nothing is run`,
    );
    expect(lines).toEqual([]);
    expect((await boot({ PROVISIONING_SCRIPT }, { env: { SSL_CERT_FILE: ca } })).output).toBe("hello\n");
    expect((await boot({ PROVISIONING_SCRIPT }, { env: { NODE_EXTRA_CA_CERTS: ca } })).output).toBe(
      "hello\n",
    );
  });

  test("a slow script as long as it moves, with its progress", async () => {
    using slow = rawServer(
      ["HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "echo", " sl", "ow", "\n\n\n"],
      "stay",
      400,
    );
    const { boot } = machine();
    // Longer than between two pieces, shorter than for all of them.
    const settings = { PROVISIONING_SCRIPT: slow.url };
    const { output, lines } = await boot(settings, { timing: { ...timing, idle: 1500, progress: 50 } });
    expect(output).toBe("slow\n");
    expect(lines).toContain(`info Downloading from=${slow.url} bytes=7 of=12`);
  });

  test("with a checksum that is right", async () => {
    const { boot } = machine();
    const settings = { PROVISIONING_SCRIPT: url("/script.sh"), PROVISIONING_SHA256: sha256.toUpperCase() };
    expect((await boot(settings)).output).toBe("hello\n");
  });
});

describe("provision() refuses and keeps what was there", () => {
  test.each([
    ["/nothing", "HTTP 404 Not Found"],
    ["/forbidden", "HTTP 403 Forbidden"],
    ["/html", "an HTML page (use the link to the raw file)"],
    ["/page", "an HTML page (use the link to the raw file)"],
    ["/empty", "an empty file"],
    ["/loop", "redirects without end"],
  ])("%s, at the first try", async (path, got) => {
    requests = [];
    const fresh = machine();
    const first = await fresh.boot({ PROVISIONING_SCRIPT: url(path) });
    expect([first.message, first.output]).toEqual([`${refusal(url(path), got)}; nothing is run`, undefined]);
    expect(readdirSync(fresh.paths.directory)).toEqual([]);

    const { boot, write, read, paths } = machine();
    write(OLD);
    const { message, output, lines } = await boot({ PROVISIONING_SCRIPT: counted(path) });
    expect(lines[0]).toBe(`warn ${refusal(counted(path), got)}; running the one that was there`);
    expect([message, output, read()]).toEqual([
      "Provisioning: ran an older script, as the wanted one could not be had",
      "old\n",
      OLD,
    ]);
    expect(readdirSync(paths.directory)).toEqual(["provisioning.sh"]);
    if (path !== "/loop") expect(requests).toEqual([path]);
  });

  test("a server error, after all tries", async () => {
    requests = [];
    const { boot } = machine();
    const { message, lines } = await boot({ PROVISIONING_SCRIPT: counted("/busy") });
    expect(message).toBe(`${refusal(counted("/busy"), "HTTP 503 Service Unavailable")}; nothing is run`);
    expect(requests).toHaveLength(3);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toEndWith("got HTTP 503 Service Unavailable; trying again in 0.005 s");
  });

  test.each([
    ["a cut body", ["HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\necho cut\n"], "end", /broke off/],
    ["a reset midway", ["HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\necho cut\n"], "reset", /broke off/],
    [
      "a cut chunked body",
      ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\necho cut\n\r\n"],
      "end",
      /broke off/,
    ],
    ["a hung server", [], "stay", /no byte for 0\.3 s/],
    [
      "a stalled body",
      ["HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\necho cut\n"],
      "stay",
      /no byte for 0\.3 s/,
    ],
  ] as const)("%s, after all tries", async (_, pieces, then, got) => {
    using bad = rawServer([...pieces], then);
    const { boot, write, read } = machine();
    write(OLD);
    const idle = then === "stay" ? 300 : timing.idle;
    const { output, lines } = await boot({ PROVISIONING_SCRIPT: bad.url }, { timing: { ...timing, idle } });
    expect([output, read(), bad.connections()]).toEqual(["old\n", OLD, 3]);
    expect(lines[2]).toMatch(got);
  });

  test("a wrong checksum, and runs nothing that has not the right one", async () => {
    const { boot, write, read } = machine();
    write(OLD);
    const PROVISIONING_SHA256 = "0".repeat(64);
    const { message, output, lines } = await boot({
      PROVISIONING_SCRIPT: url("/script.sh"),
      PROVISIONING_SHA256,
    });
    expect(lines[0]).toStartWith(`warn ${refusal(url("/script.sh"), `one with the checksum ${sha256}`)}`);
    expect(message).toStartWith(`PROVISIONING_SHA256: expected "${PROVISIONING_SHA256}", got "`);
    expect([output, read()]).toEqual([undefined, OLD]);
  });

  test("a server that is not there", async () => {
    const { boot } = machine();
    const { message } = await boot({ PROVISIONING_SCRIPT: "http://127.0.0.1:1/a.sh" });
    expect(message).toBe(`${refusal("http://127.0.0.1:1/a.sh", "a refused connection")}; nothing is run`);
  });
});

test("provision() ends a download at once when the container stops", async () => {
  using hung = rawServer([], "stay");
  const stop = new AbortController();
  const { boot } = machine();
  // Were it not ended, the server would have far more time than this test.
  const booting = boot({ PROVISIONING_SCRIPT: hung.url }, { signal: stop.signal });
  while (hung.connections() === 0) await Bun.sleep(5);
  stop.abort();
  expect(await booting).toMatchObject({ message: undefined, lines: [] });
  expect(hung.connections()).toBe(1);
});
