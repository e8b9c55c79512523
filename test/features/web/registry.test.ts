import { beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { announcements } from "../../../src/features/web/announcements.ts";
import { parsePortalConfig } from "../../../src/features/web/portal-config.ts";
import { readRegistry } from "../../../src/features/web/registry.ts";
import { webSettings } from "../../../src/features/web/settings.ts";
import type { ProgramSpec } from "../../../src/programs/spec.ts";
import { specOf } from "../../supervisor/spec-fixture.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "ports-"));
});

const announce = (name: string | number, content: object | string = "") =>
  writeFileSync(
    join(directory, String(name)),
    typeof content === "string" ? content : JSON.stringify(content),
  );

describe("announcements() reads a file", () => {
  test.each([
    ["of a bare port", { listen_port: "8188", proxy_port: "8188" }, {}],
    ["of a front", { listen_port: 18188, proxy_port: 8188 }, { listenPort: 18188 }],
    ["of a front by the name of the file", { listen_port: 18188 }, { listenPort: 18188 }],
    ["of a front elsewhere", { proxy_port: "443" }, { port: 443 }],
    ["with empty fields", { listen_port: "", proxy_port: null, proxy_secure: "", service_url: "" }, {}],
    ["with a front that asks for no password", { proxy_secure: "false" }, {}],
    ["with a name", { service_name: "Comfy" }, { name: "Comfy" }],
    ["with an address", { service_url: "https://a.example/b" }, { url: "https://a.example/b" }],
    ["without content", "", {}],
    ["with other content", "hello\n", {}],
  ])("%s", (_, content, expected) => {
    announce(8188, content);
    const bare = { port: 8188, listenPort: 8188, name: undefined, url: undefined };
    expect(announcements(directory)).toEqual([{ ...bare, ...expected }]);
  });

  test.each([
    ["that is cut off", '{"listen_port": 8188, "pro'],
    ["with a port that is none", { proxy_port: "70000" }],
    ["with a front that is neither there nor not", { proxy_secure: "perhaps" }],
    ["with a front on an unknown port", { proxy_secure: true }],
    ["with an address that runs code", { service_url: "javascript:alert(1)" }],
    ["without end", " ".repeat(70_000)],
    ["nested without end", `{"a":${"[".repeat(60_000)}`],
    ["with a name that a terminal obeys", { service_name: "\u001B]0;owned\u0007" }],
    ["with a name of two lines", { service_name: "Comfy\nroot: fine" }],
    ["with a name that runs backwards", { service_name: "\u202Eevil" }],
    ["with an address that a terminal obeys", { service_url: "https://a.example/\u001B[2J" }],
    ["with an address without end", { service_url: `https://a.example/${"a".repeat(3000)}` }],
    ["with a list for a port", { listen_port: [18_188] }],
    ["with a negative port", { listen_port: -1 }],
    ["with another host", { listen_port: "10.0.0.1:80" }],
  ])("%s, and announces nothing", (_, content) => {
    announce(8188, content);
    expect(announcements(directory)).toEqual([]);
  });

  test("of a FIFO, a link or a directory without waiting for a writer, and announces nothing", () => {
    spawnSync("mkfifo", [join(directory, "8188")]);
    symlinkSync("/dev/zero", join(directory, "8189"));
    announce("README", "not a port");
    for (const name of ["..8188", "8188 ", "-1", "0", "65536", "1e3", "8188.json", "٨١٨٨"]) announce(name);
    linkSync(join(directory, "README"), join(directory, "8190"));
    mkdirSync(join(directory, "8191"));
    expect(announcements(directory)).toEqual([]);
  });

  test("that is replaced all the time, and is never read half", async () => {
    const script = `import os, sys, json
d = sys.argv[1]
while True:
    for content in ({"listen_port": "18188", "service_name": "a" * 100}, {"listen_port": "18189"}):
        with open(d + "/8188", "w") as f: f.write(json.dumps(content))
    os.unlink(d + "/8188"); os.symlink("/etc/passwd", d + "/8188"); os.unlink(d + "/8188")
    os.mkfifo(d + "/8188"); os.unlink(d + "/8188")`;
    const racer = Bun.spawn(["python3", "-c", script, directory]);
    const seen = new Set<string>();
    for (let round = 0; round < 5000 || seen.size === 0; round++)
      for (const one of announcements(directory)) seen.add(`${one.port} ${one.listenPort}`);
    racer.kill();
    await racer.exited;
    // An empty file, as it is between open and write, announces its own port.
    expect([...seen].filter((one) => !["8188 8188", "8188 18188", "8188 18189"].includes(one))).toEqual([]);
  });
});

const registry = (env: Record<string, string> = {}, specs: ProgramSpec[] = []) =>
  readRegistry({
    settings: webSettings(env),
    specs,
    portsDirectory: directory,
    portalYaml: join(directory, "portal.yaml"),
  });
const ports = (entries: { port: number; appPort?: number | undefined }[]) =>
  entries.map(({ port, appPort }) => (appPort === undefined ? port : `${port} → ${appPort}`));

test("the portal is first, and no service takes its port", () => {
  announce(1111, { listen_port: 18_888, service_name: "Fake" });
  const { entries, problems } = registry();
  expect(entries).toMatchObject([{ port: 1111, kind: "portal", name: "Portal" }]);
  expect(problems).toEqual(['Port 1111: expected one that the portal does not have; "Fake" is not shown']);
});

test("programs, announcements and vast.ai's list name services, which appear once", () => {
  announce(8188, { listen_port: 18_188, proxy_port: 8188, service_name: "Announced" });
  announce(9000);
  const PORTAL_CONFIG =
    "localhost:1111:11111:/:Instance Portal|localhost:8080:18080:lab:Jupyter|localhost:6006:6006:/:Board";
  const specs = [
    specOf("comfy", { webPort: 8188, webName: "Comfy" }),
    specOf("behind", { webPort: 18_080 }),
    specOf("elsewhere", { webPort: 7000, webListenPort: 7001 }),
  ];
  const { entries, problems } = registry({ PORTAL_CONFIG, CF_QUICK_TUNNELS: "9000,9001" }, specs);
  expect(problems).toEqual([]);
  expect(ports(entries)).toEqual([1111, 6006, "7000 → 7001", "8080 → 18080", "8188 → 18188", 9000, 9001]);
  expect(entries.find(({ port }) => port === 8188)).toMatchObject({
    name: "Comfy",
    program: "comfy",
    sources: ["program", "http_ports"],
  });
  // The program that is known by the port of the app behind.
  expect(entries.find(({ port }) => port === 8080)).toMatchObject({
    name: "Jupyter",
    program: "behind",
    path: "/lab",
  });
});

test("a service on a port that has a front is left out, however that is announced", () => {
  announce(18_188);
  announce(8188, { listen_port: 18_188, proxy_port: 8188 });
  expect(ports(registry().entries)).toEqual([1111, "8188 → 18188"]);
});

test("an announcement takes no other service of a program away", () => {
  announce(9999, { listen_port: 8188, proxy_port: 9999 });
  const { entries } = registry({}, [specOf("comfy", { webPort: 8188, webListenPort: 18_188 })]);
  expect(ports(entries)).toEqual([1111, "8188 → 18188", "9999 → 8188"]);
});

test("an announcement gets no port that ssh or a certificate needs", () => {
  announce(22);
  announce(2222, { listen_port: 12_222 });
  announce(9000, { proxy_port: 443, listen_port: 9001, service_name: "Fake" });
  const env = { SSH_PORT: "2222", WEB_DOMAIN: "gpu.example.com" };
  const { entries, problems } = registry(env);
  expect(ports(entries)).toEqual([22, 1111]);
  expect(problems).toEqual([
    'Port 2222: expected one that ai-dock does not need; "port 2222" is not shown',
    'Port 443: expected one that ai-dock does not need; "Fake" is not shown',
  ]);
});

test("an announcement leads nobody elsewhere who comes to a service of the owner", () => {
  const PORTAL_CONFIG = "localhost:8080:18080:/:Jupyter|localhost:6006:6006:/:Board";
  for (const port of [8080, 6006, 8188])
    announce(port, { listen_port: 6666, proxy_port: port, service_url: "https://evil.example/" });
  const { entries } = registry({ PORTAL_CONFIG }, [specOf("comfy", { webPort: 8188 })]);
  expect(ports(entries)).toEqual([1111, 6006, "8080 → 18080", 8188]);
  expect(entries.map(({ url }) => url)).toEqual([undefined, undefined, undefined, undefined]);
  expect(entries.map(({ name }) => name)).toEqual(["Portal", "Board", "Jupyter", "comfy"]);
});

test("a directory of very many files is not even listed", () => {
  for (let number = 0; number < 15_000; number++) announce(`a-rather-long-name-of-a-file-${number}`);
  announce(8188);
  const { entries, problems } = registry();
  expect(ports(entries)).toEqual([1111]);
  expect(problems).toEqual([expect.stringContaining("expected at most 200 files, got a directory of")]);
});

test("a flood of announcements is cut off, and said to be", () => {
  for (let port = 20_000; port < 20_300; port++) announce(port);
  const { entries, problems } = registry({}, [specOf("comfy", { webPort: 8188 })]);
  expect(entries).toHaveLength(202);
  expect(entries.some(({ name }) => name === "comfy")).toBe(true);
  expect(problems).toEqual([
    '"/run/http_ports": expected at most 200 services, got more; the last ports are not shown',
  ]);
});

test("/etc/portal.yaml wins over PORTAL_CONFIG, unless it cannot be read", () => {
  const PORTAL_CONFIG = "localhost:8000:18000:/:Variable";
  const yaml = join(directory, "portal.yaml");
  writeFileSync(
    yaml,
    "applications:\n  App:\n    hostname: localhost\n    external_port: 7860\n    internal_port: 17860\n    open_path: /ui\n    name: Forge\n  Bad:\n    external_port: none\n",
  );
  const { entries, problems } = registry({ PORTAL_CONFIG });
  expect(entries.slice(1)).toMatchObject([
    { port: 7860, appPort: 17_860, name: "Forge", path: "/ui", sources: ["portal_yaml"] },
  ]);
  expect(problems).toHaveLength(1);
  writeFileSync(yaml, "applications: [");
  expect(registry({ PORTAL_CONFIG }).entries.slice(1)).toMatchObject([{ name: "Variable" }]);
});

test("a broken entry of PORTAL_CONFIG costs that entry", () => {
  const { entries, problems } = parsePortalConfig("localhost:x:1:/:A|localhost:7860:17860:/a:b:c");
  expect(entries).toEqual([{ host: "localhost", port: 7860, appPort: 17_860, path: "/a", name: "b:c" }]);
  expect(problems).toEqual([
    'PORTAL_CONFIG: expected host:port:port:path:name, got "localhost:x:1:/:A"; leaving the entry out',
  ]);
});

test("strict apps are told a name by their program, or by the settings", () => {
  const specs = [
    specOf("a", { webPort: 7000, webHost: "own.example" }),
    specOf("b", { webPort: 7001 }),
    specOf("c", { webPort: 18_188, webHost: "behind.example" }),
  ];
  const told = (env: Record<string, string>) =>
    registry({ PORTAL_CONFIG: "localhost:8188:18188:/:C", ...env }, specs).entries.map(
      ({ toldHost }) => toldHost,
    );
  expect(told({})).toEqual([undefined, "own.example", undefined, "behind.example"]);
  const both = [undefined, "own.example", "localhost", "behind.example"];
  expect(told({ WEB_LOCALHOST: "7000,7001" })).toEqual(both);
  expect(told({ CADDY_HEADER_UP_LOCALHOST: "true" })).toEqual(both);
});
