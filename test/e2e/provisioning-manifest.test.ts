import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { boot, type BootOptions, type Container, must, RUN_ID, tempFolder, waitFor } from "./harness.ts";

const MODEL = randomBytes(2_000_000);
const LARGE = randomBytes(24_000_000);
const MILLISECONDS = 10;

let server: ReturnType<typeof Bun.serve>;
let base = "";
let asked: string[] = [];
let sent = 0;
/** Of `/large`; what comes behind that comes in drops. */
let flowing = Infinity;
const [FLOW, DROP] = [100_000, 100];

/** A range of the large file, slowly. */
function slowly(range: string | null): Response {
  const [, first = "0", last = ""] = /bytes=(\d+)-(\d*)/.exec(range ?? "") ?? [];
  const end = last === "" ? LARGE.length : Number(last) + 1;
  let at = Number(first);
  const body = new ReadableStream({
    async pull(controller) {
      await Bun.sleep(MILLISECONDS);
      const chunk = LARGE.subarray(at, Math.min(end, at + (sent < flowing ? FLOW : DROP)));
      at += chunk.length;
      sent += chunk.length;
      controller.enqueue(chunk);
      if (at >= end) controller.close();
    },
  });
  const headers = {
    etag: '"1"',
    "accept-ranges": "bytes",
    "content-length": String(end - Number(first)),
    ...(range === null ? {} : { "content-range": `bytes ${first}-${end - 1}/${LARGE.length}` }),
  };
  return new Response(body, { status: range === null ? 200 : 206, headers });
}

beforeAll(async () => {
  const bridge = await must([
    "docker",
    "network",
    "inspect",
    "bridge",
    "-f",
    "{{(index .IPAM.Config 0).Gateway}}",
  ]);
  server = Bun.serve({
    hostname: bridge,
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      asked.push(pathname);
      if (["/model.bin", "/once.bin"].includes(pathname))
        return new Response(MODEL, { headers: { etag: '"1"' } });
      if (pathname === "/large") return slowly(request.headers.get("range"));
      if (pathname === "/manifest.yaml")
        return new Response(
          `version: 1\ndownloads:\n  - url: ${base}/once.bin\n    dest: \${WORKSPACE}models/\n`,
        );
      return new Response("no", { status: 404 });
    },
  });
  base = `http://${bridge}:${server.port}`;
});
afterAll(() => server.stop(true));

const manifest = (content: object) => ({ PROVISIONING_MANIFEST: JSON.stringify({ version: 1, ...content }) });
const quick = { PROVISIONER_RETRY_MAX: "0" };
const withEnv = async (env: Record<string, string>, more: BootOptions = {}) =>
  boot({ ...more, env: { ...quick, ...env } });

/** A volume of the engine that goes with the scope. */
async function volume() {
  const name = `${RUN_ID}-${Bun.nanoseconds()}`;
  await must(["docker", "volume", "create", name]);
  return {
    mounts: [`${name}:/workspace`],
    [Symbol.asyncDispose]: async () => void (await must(["docker", "volume", "rm", "--force", name])),
  };
}

/** `docker stop` has nothing to end by force, and the default of AI_DOCK_STOP_TIMEOUT, 9 s, is kept. */
async function expectEnd(container: Container): Promise<void> {
  const { code, ms } = await container.stop(20);
  expect(code).not.toBe(137);
  expect(ms).toBeLessThan(15_000);
}

/** Lines of the log about one item. */
const linesOf = (log: string, item: string) =>
  log.split("\n").filter((line) => line.includes(`provisioning | ${item}: `));

describe("provisioning by a manifest", () => {
  test("of the image, of the workspace and of a URL, each once, with one line an item", async () => {
    await using shared = await volume();
    asked = [];
    const files = {
      "/provisioning.yaml": "version: 1\nwrite_files:\n  - path: /tmp/of-image\n    content: image\n",
    };
    const env = { PROVISIONING_MANIFEST: `${base}/manifest.yaml` };
    {
      await using first = await withEnv(env, { ...shared, files });
      await first.waitReady();
      expect(await first.sh("cat /tmp/of-image; sha256sum </workspace/models/once.bin")).toContain(
        new Bun.CryptoHasher("sha256").update(MODEL).digest("hex"),
      );
      const log = await first.waitLog("Provisioning by manifest done");
      for (const item of ["file of-image", "download once.bin"])
        expect(linesOf(log, item).filter((line) => line.includes(": done"))).toHaveLength(1);
      expect(linesOf(log, "download once.bin").length).toBeLessThanOrEqual(2);
      await first.sh(
        `printf 'version: 1\\nwrite_files:\\n  - path: /tmp/of-workspace\\n' >/workspace/provisioning.yaml`,
      );
    }
    asked = [];
    await using second = await withEnv(env, { ...shared, files });
    await second.waitReady();
    await second.sh("test -e /tmp/of-workspace");
    expect(asked).not.toContain("/once.bin");
    const log = await second.waitLog("Provisioning by manifest done");
    expect(linesOf(log, "download once.bin")).toEqual([expect.stringContaining("there already")]);
    expect(await second.sh("ai-dock provision status")).toMatch(/^once\.bin +unchanged/m);
  });

  test("of a workspace that belongs to the account is not obeyed", async () => {
    const folder = tempFolder();
    writeFileSync(`${folder}/provisioning.yaml`, "version: 1\npost_commands: [touch /tmp/obeyed]\n");
    chmodSync(folder, 0o755);
    await must(["chown", "-R", "1234:1234", folder]);
    await using container = await withEnv({ USER_NAME: "someone" }, { mounts: [`${folder}:/workspace`] });
    await container.waitReady();
    await container.waitLog("its commands would run as root");
    await container.sh("test ! -e /tmp/obeyed");
  });

  test("runs as PROVISIONING_USER, whose files and services are its own, and may leave a daemon", async () => {
    await using shared = await volume();
    const daemon = "(until [ -e /tmp/go ]; do sleep 0.05; done; echo from the daemon; exec sleep 600)";
    const env = manifest({
      downloads: [{ url: `${base}/model.bin`, dest: "/workspace/models/vae/" }],
      services: [{ name: "own", command: 'echo "own runs as $(id -un)"; exec sleep 600' }],
      post_commands: [`id -un >who; ${daemon} &`],
    });
    await using container = await withEnv(
      { ...env, USER_NAME: "someone", PROVISIONING_USER: "$USER_NAME" },
      shared,
    );
    await container.waitReady();
    await container.waitLog("own runs as someone");
    const owners = "cd /workspace && stat -c %U models models/vae models/vae/model.bin who && cat who";
    expect((await container.sh(owners)).split("\n")).toEqual(Array.from({ length: 5 }, () => "someone"));
    expect(await container.sh("stat -c '%U %a' /opt/supervisor-scripts/own.sh")).toBe("root 750");
    await container.sh("touch /tmp/go");
    await waitFor(async () => (await container.sh("ai-dock logs provisioning")).includes("from the daemon"), {
      what: "the daemon's line in the log of the provisioning",
    });
    await container.sh("pgrep -u someone -x sleep");
  });

  test("of a user that is not there does nothing", async () => {
    await using container = await withEnv({
      ...manifest({ post_commands: ["touch /tmp/done"] }),
      PROVISIONING_USER: "nosuchuser",
    });
    await container.waitReady();
    await container.waitLog('got "nosuchuser"; nothing is run');
    await container.sh("test ! -e /tmp/done");
  });

  test("ends in time with docker stop, and goes on at the next start", async () => {
    await using shared = await volume();
    const env = manifest({
      settings: { concurrency: { connections: 2 } },
      downloads: [{ url: `${base}/large`, dest: "/workspace/large" }],
      post_commands: ["trap '' TERM; echo begun; sleep 600"],
    });
    flowing = LARGE.length / 2;
    await using container = await withEnv(env, shared);
    await waitFor(() => sent > flowing, {
      what: "a part of the download",
      detail: () => container.logs(),
    });
    await expectEnd(container);
    flowing = Infinity;
    await container.start();
    await container.waitLog("provisioning | command: begun");
    expect(await container.sh("sha256sum </workspace/large")).toContain(
      new Bun.CryptoHasher("sha256").update(LARGE).digest("hex"),
    );
    // What was on its way at the stop comes twice, but not all.
    expect(sent).toBeLessThan(LARGE.length * 1.3);
    // A command that ignores SIGTERM holds nothing up either.
    await expectEnd(container);
  });

  test("that fails is a failed step: said by status and doctor, and 78 with AI_DOCK_STRICT", async () => {
    const env = manifest({
      downloads: [
        { url: `${base}/missing`, dest: "/workspace/missing" },
        { url: `${base}/extra`, dest: "/workspace/extra", optional: true },
      ],
      post_commands: ["touch /tmp/never"],
    });
    await using container = await withEnv(env);
    await container.waitReady();
    expect(await container.sh("ai-dock status")).toContain("missing failed, extra failed (optional)");
    expect((await container.exec(["ai-dock", "doctor"])).stdout).toMatch(/provisioning .*missing/);
    expect((await container.exec(["ai-dock", "provision", "status"])).code).toBe(1);
    await container.sh("test ! -e /tmp/never");
    await using strict = await withEnv({ ...env, AI_DOCK_STRICT: "true" });
    expect(await strict.wait()).toBe(78);
  });

  test("installs packages of Debian once, goes on behind a cut dpkg, and keeps a file that was there", async () => {
    const env = manifest({
      write_files: [{ path: "/etc/lftp.conf", content: "set net:timeout 7\n" }],
      apt_packages: ["lftp", "awk"],
    });
    await using container = await withEnv(env, { cmd: ["sleep", "600"] });
    await container.waitLog(/apt: (done|failed)/, { limit: 300_000 });
    expect(await container.sh("lftp --version; cat /etc/lftp.conf")).toMatch(/LFTP[^]*\nset net:timeout 7$/);
    const apply = async () => container.sh("ai-dock provision apply");
    expect(await apply()).toContain("apt: there already");
    // As after a kill of dpkg: a journal of its own that was not taken in.
    await container.sh("apt-get remove -q -y lftp >/dev/null && touch /var/lib/dpkg/updates/0001");
    expect(await apply()).toContain("apt: done: lftp");
  }, 600_000);

  test("with on_failure stop ends the container", async () => {
    await using container = await withEnv(
      manifest({ on_failure: { action: "stop" }, post_commands: ["false"] }),
      { programs: { "app.conf": "[program:app]\ncommand=sh -c 'echo app began; exec sleep 600'\n" } },
    );
    await container.wait();
    const log = await container.logs();
    expect(log).toContain("on_failure: the container is stopped");
    expect(log).not.toContain("app began");
  });

  test("lets programs start as their items are done, and all others after it", async () => {
    const program = (name: string, needs: string) =>
      `[program:${name}]\ncommand=sh -c 'echo ${name} began; exec sleep 600'\ndepends_on=${needs}\n`;
    await using container = await withEnv(
      manifest({
        downloads: [
          { id: "model", url: `${base}/model.bin`, dest: "/workspace/model.bin" },
          { id: "extra", url: `${base}/missing`, dest: "/workspace/extra", optional: true },
        ],
        post_commands: ["echo held; until [ -e /tmp/go ]; do sleep 0.05; done; echo released"],
      }),
      {
        programs: {
          "app.conf": program("app", "provisioning:model"),
          "optional.conf": program("optional", "provisioning:extra"),
          "wrong.conf": program("wrong", "provisioning:modell"),
        },
      },
    );
    await container.waitLog("provisioning | command: held");
    await container.waitLog("app | app began");
    expect(await container.sh("ai-dock status || true")).toMatch(/^app +(STARTING|RUNNING)/m);
    expect(await container.logs()).not.toMatch(/optional began|wrong began/);
    await container.sh("touch /tmp/go");
    await container.waitLog("optional | optional began");
    const log = await container.waitLog("wrong | wrong began");
    expect(log.indexOf("optional began")).toBeGreaterThan(log.indexOf("command: released"));
    expect(log).toContain('item "extra" of the provisioning has failed; the program starts all the same');
    expect(log).toContain('got "provisioning:modell" (did you mean "provisioning:model"?)');
    expect(log.match(/app \| app began/g)).toHaveLength(1);
  });
});
