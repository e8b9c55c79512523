import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apiUrl } from "../../../src/features/platform/api-url.ts";
import { platformCheck } from "../../../src/features/platform/check.ts";
import { readCredentials } from "../../../src/features/platform/credentials.ts";
import { platformStopProcess, type Timing } from "../../../src/features/platform/process.ts";
import { stopByPlatform } from "../../../src/features/platform/stop.ts";
import type { DoctorContext } from "../../../src/features/check.ts";
import { type Behaviour, type Instance, platformApi } from "../../fixtures/platform-api.ts";
import { bootContext } from "../context-fixture.ts";

const tempFolder = () => mkdtempSync(join(tmpdir(), "platform-"));

const KEY = "key-0123456789abcdef";
const vast: Instance = { platform: "vast", id: "12345", key: KEY, foreignKey: "foreign-key-0123" };
const runpod: Instance = { platform: "runpod", id: "abc123xyz456", key: KEY, foreignKey: "foreign-key-0123" };
const environments = {
  vast: { CONTAINER_ID: vast.id, CONTAINER_API_KEY: KEY },
  runpod: { RUNPOD_POD_ID: runpod.id, RUNPOD_API_KEY: KEY },
};
const quick: Timing = { request: 400, firstWait: 20, longestWait: 400, whole: 5000 };

const fileOf = (url: string, mode = 0o600) => {
  const file = join(tempFolder(), "platform-api");
  writeFileSync(file, `${url}\n`, { mode });
  chmodSync(file, mode);
  return file;
};

/** Asks a stand-in that answers as `next` says. */
async function ask(
  instance: Instance,
  next: Behaviour[] = [],
  { env = {}, timing = quick }: { env?: Record<string, string>; timing?: Timing } = {},
) {
  let stops = 0;
  await using api = platformApi({ instance, onStop: () => stops++ });
  api.next.push(...next);
  const lines: string[] = [];
  const isAccepted = await platformStopProcess({
    kind: instance.platform,
    env: { ...environments[instance.platform], ...env },
    signal: new AbortController().signal,
    timing,
    apiFile: fileOf(api.url),
    say: (line) => lines.push(line),
  });
  expect(lines.join("\n")).not.toContain(KEY);
  return { isAccepted, stops, lines, asked: api.asked };
}

describe("the request", () => {
  test("vast.ai gets PUT with the state, RunPod gets POST; both once", async () => {
    const ofVast = await ask(vast);
    expect(ofVast).toMatchObject({
      isAccepted: true,
      stops: 1,
      lines: ["info vast.ai stops instance 12345"],
    });
    expect(ofVast.asked).toMatchObject([
      {
        method: "PUT",
        path: "/api/v0/instances/12345/",
        authorization: `Bearer ${KEY}`,
        body: '{"state":"stopped"}',
      },
    ]);
    const ofRunpod = await ask(runpod);
    expect(ofRunpod).toMatchObject({
      isAccepted: true,
      stops: 1,
      lines: ["info RunPod stops pod abc123xyz456"],
    });
    expect(ofRunpod.asked).toMatchObject([{ method: "POST", path: "/v1/pods/abc123xyz456/stop", body: "" }]);
  });

  test.each<[string, Behaviour[], RegExp]>([
    ["429 in plain text", [{ status: 429, body: "API requests too frequent" }], /HTTP 429, "API requests/],
    ["5xx with a page", [{ status: 502, body: "<html>bad</html>" }, { status: 503 }], /got HTTP 502; asking/],
    ["silence", ["hang"], /no answer within 0\.4 s; asking again/],
    ["a body that does not end", ["hang-body"], /no answer within 0\.4 s/],
    [
      "HTTP 200 without success",
      ["unsuccessful"],
      /does not stop it \(HTTP 200, "Instance is being moved\."\)/,
    ],
  ])("is repeated after %s", async (_, next, line) => {
    const { isAccepted, stops, lines, asked } = await ask(vast, next);
    expect({ isAccepted, stops, count: asked.length }).toEqual({
      isAccepted: true,
      stops: 1,
      count: next.length + 1,
    });
    expect(lines[0]).toMatch(line);
  });

  test("waits as long as Retry-After says, longer each time otherwise, and gives up in time", async () => {
    const later = { status: 429, headers: { "retry-after": "1" } };
    const timing = { ...quick, longestWait: 1000 };
    const { asked } = await ask(vast, [later], { timing });
    expect((asked[1]?.at ?? 0) - (asked[0]?.at ?? 0)).toBeGreaterThan(950);

    const date = new Date(Date.now() + 3_600_000).toUTCString();
    const never = { status: 503, headers: { "retry-after": date } };
    const limited = await ask(
      vast,
      Array.from({ length: 50 }, () => never),
      { timing: { ...quick, whole: 900 } },
    );
    expect(limited.isAccepted).toBe(false);
    // Not the hour that the server wants.
    expect(limited.asked.length).toBe(3);
    expect(limited.lines.at(-1)).toMatch(/^error .*got HTTP 503; giving up$/);

    const down = await ask(
      vast,
      Array.from({ length: 50 }, () => ({ status: 500 })),
      {
        timing: { ...quick, whole: 700 },
      },
    );
    const pauses = down.asked.slice(1).map(({ at }, index) => at - (down.asked[index]?.at ?? 0));
    expect(pauses.at(-1)).toBeGreaterThan(2 * (pauses[0] ?? 0));
    expect(down.asked.length).toBeLessThan(10);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    [
      "401",
      { CONTAINER_API_KEY: "another-key-1" },
      /^error CONTAINER_API_KEY: expected a key that vast\.ai knows/,
    ],
    [
      "403",
      { CONTAINER_API_KEY: "foreign-key-0123" },
      /^error CONTAINER_API_KEY: .* stop instance 12345, .*403/,
    ],
    ["404", { CONTAINER_ID: "777" }, /^error CONTAINER_ID: vast\.ai knows no instance 777 with this key/],
  ])("is not repeated after %s", async (_, env, line) => {
    const { isAccepted, lines, asked } = await ask(vast, [], { env });
    expect({ isAccepted, count: asked.length, lines: lines.length }).toEqual({
      isAccepted: false,
      count: 1,
      lines: 1,
    });
    expect(lines[0]).toMatch(line);
    expect(lines[0]).not.toContain(env["CONTAINER_API_KEY"] ?? KEY);
  });

  test("an endless answer of a refusal is not read to its end, and an echo of the key is not shown", async () => {
    expect((await ask(vast, ["flood"])).isAccepted).toBe(true);
    const echo = { status: 400, body: JSON.stringify({ msg: `bad header Bearer ${KEY}\n\u001B[2J` }) };
    const { lines } = await ask(vast, [echo]);
    expect(lines).toEqual([
      'error vast.ai refuses to stop instance 12345 (HTTP 400, "bad header Bearer [redacted] [2J")',
    ]);
  });

  test("a redirect takes the key to no other host; one to the same host that keeps the method is followed", async () => {
    await using thief = platformApi({ instance: vast });
    const elsewhere = (status: number) => ({
      status,
      headers: { location: `${thief.url}/api/v0/instances/12345/` },
    });
    for (const status of [301, 302, 303, 307, 308]) {
      const { isAccepted, lines } = await ask(vast, [elsewhere(status)]);
      expect(isAccepted).toBe(false);
      expect(lines[0]).toContain(
        `got a redirect to ${thief.url} (HTTP ${status}); CONTAINER_API_KEY is not sent`,
      );
    }
    expect(thief.asked).toEqual([]);
    const same = { status: 308, headers: { location: "/api/v0/instances/12345/" } };
    expect(await ask(vast, [same])).toMatchObject({ isAccepted: true, stops: 1 });
    const endless = await ask(
      vast,
      Array.from({ length: 9 }, () => same),
    );
    expect([endless.isAccepted, endless.asked.length]).toEqual([false, 4]);
    const changing = { status: 302, headers: { location: "/api/v0/instances/12345/" } };
    expect(await ask(vast, [changing])).toMatchObject({ isAccepted: false, stops: 0 });
  });

  test("a certificate that nobody vouches for gets no key, whatever the environment says", async () => {
    const folder = tempFolder();
    const [cert, key] = [join(folder, "cert"), join(folder, "key")];
    const make = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 2 -keyout ${key} -out ${cert}`;
    expect(Bun.spawnSync(make.split(" "), { stderr: "ignore" }).exitCode).toBe(0);
    const tls = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    await using api = platformApi({ instance: vast, tls });
    const { log, lines } = bootContext();
    const env = { ...environments.vast, NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    const options = { signal: new AbortController().signal, log, apiFile: fileOf(api.url) };
    expect(await stopByPlatform("vast", env, options)).toBe("failed");
    expect(api.asked).toEqual([]);
    expect(lines).toEqual([
      expect.stringMatching(/^error 127\.0\.0\.1:\d+: expected a certificate to trust/),
    ]);
    const trusting = { ...env, SSL_CERT_FILE: cert };
    expect(await stopByPlatform("vast", trusting, options)).toBe("accepted");
  });
});

describe("stopByPlatform()", () => {
  test("asks in a process that shows the key to nobody", async () => {
    await using api = platformApi({ instance: runpod });
    api.next.push("hang");
    const { log, lines } = bootContext();
    const end = new AbortController();
    const options = { signal: end.signal, log, apiFile: fileOf(api.url) };
    const stopping = stopByPlatform("runpod", { ...environments.runpod, OTHER: "other" }, options);
    while (api.asked.length === 0) await Bun.sleep(5);
    const { stdout } = Bun.spawnSync(["ps", "-eo", "pid,args"]);
    const shown = stdout.toString();
    expect(shown).not.toContain(KEY);
    const pid = /^ *(\d+) .*platform-stop runpod/m.exec(shown)?.[1] ?? "";
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("other");
    // A stop of the container that comes meanwhile is not held up.
    const before = performance.now();
    end.abort();
    expect(await stopping).toBe("failed");
    expect(performance.now() - before).toBeLessThan(2000);
    expect(lines).toEqual([]);
    expect(Bun.spawnSync(["ps", "-p", pid]).exitCode).toBe(1);
  });

  test("logs each failure as it comes, and says what is missing", async () => {
    await using api = platformApi({ instance: runpod });
    api.next.push({ status: 500 });
    const { log, lines } = bootContext();
    const options = { signal: new AbortController().signal, log, apiFile: fileOf(api.url) };
    expect(await stopByPlatform("runpod", environments.runpod, options)).toBe("accepted");
    expect(lines).toEqual([
      expect.stringMatching(/^warn RunPod: expected an answer .*, got HTTP 500; asking again in [01]\.\d s$/),
      "info RunPod stops pod abc123xyz456",
    ]);
    lines.length = 0;
    expect(await stopByPlatform("runpod", {}, options)).toBe("failed");
    expect(lines).toEqual([
      "error RUNPOD_POD_ID: expected the id of this pod, letters and digits, which RunPod sets, got nothing; RunPod cannot be asked to stop",
      "error RUNPOD_API_KEY: expected RunPod's key for this pod, got nothing; RunPod cannot be asked to stop",
    ]);
  });
});

describe("id and key", () => {
  test.each(["../users", "1/../../2", "1?x=1", "12 3", "-1", "0", "", "1".repeat(20), "%2e%2e"])(
    "%p is no instance of vast.ai",
    (id) => {
      const found = readCredentials("vast", { CONTAINER_ID: id, CONTAINER_API_KEY: KEY });
      expect(found).toEqual({ problems: [expect.stringMatching(/^CONTAINER_ID: expected the number/)] });
    },
  );

  test.each(["a/b", "..", "-a", "a b", "a.b", "a".repeat(64)])("%p is no pod of RunPod", (id) => {
    expect(readCredentials("runpod", { RUNPOD_POD_ID: id, RUNPOD_API_KEY: KEY })).toHaveProperty("problems");
  });

  test("a key that no header takes is named, not shown", () => {
    const found = readCredentials("vast", { CONTAINER_ID: "1", CONTAINER_API_KEY: "secret\r\nHost: evil" });
    expect(found).toEqual({ problems: [expect.not.stringContaining("secret")] });
  });

  test("doctor looks where the idle action needs them", async () => {
    const look = async (env: Record<string, string>) =>
      await platformCheck({ env } as unknown as DoctorContext);
    expect(await look({})).toEqual([]);
    expect(await look({ AI_DOCK_IDLE_ACTION: "exit" })).toEqual([]);
    expect(await look({ AI_DOCK_IDLE_ACTION: "vast", ...environments.vast })).toMatchObject([
      { status: "ok" },
    ]);
    expect(await look({ AI_DOCK_IDLE_ACTION: "vast", CONTAINER_ID: "x" })).toMatchObject([
      { status: "error", message: expect.stringContaining("CONTAINER_ID") },
      { status: "error", message: expect.stringContaining("CONTAINER_API_KEY") },
    ]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("the address of the API", () => {
  test("is the cloud's own, unless root says otherwise in a file that is root's alone", () => {
    expect(apiUrl("vast", "/nonexistent").href).toBe("https://console.vast.ai/");
    expect(apiUrl("runpod", "/nonexistent").href).toBe("https://rest.runpod.io/");
    const file = fileOf("http://127.0.0.1:1", 0o644);
    expect(apiUrl("vast", file).href).toBe("http://127.0.0.1:1/");
    const link = `${file}-link`;
    symlinkSync(file, link);
    expect(apiUrl("vast", link).host).toBe("console.vast.ai");
    chmodSync(file, 0o664);
    expect(apiUrl("vast", file).host).toBe("console.vast.ai");
    chmodSync(file, 0o644);
    chownSync(file, 1, 0);
    expect(apiUrl("vast", file).host).toBe("console.vast.ai");
    expect(apiUrl("vast", fileOf("file:///etc/passwd")).host).toBe("console.vast.ai");
  });
});
