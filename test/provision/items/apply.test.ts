import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { Container } from "./apply-fixture.ts";

/** Counts what is asked for; `/missing` is not there, `/page` is a page. */
const asked: string[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url, method }) {
    const { pathname } = new URL(url);
    asked.push(`${method} ${pathname}`);
    if (pathname === "/missing") return new Response("not there", { status: 404 });
    if (pathname === "/hook") return new Response("ok");
    return new Response(`content of ${pathname}`, { headers: { etag: `"${pathname}"` } });
  },
});
afterAll(() => server.stop(true));
const url = (path: string) => `http://127.0.0.1:${server.port}${path}`;
const requests = () => asked.splice(0);

/** A zombie has ended: it waits for whoever adopted it. */
function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/status`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

describe("a provisioning", () => {
  test("asks for nothing again in a new container on the same volume", async () => {
    const container = new Container();
    const manifest = { downloads: [{ url: url("/a"), dest: `${container.volume}/a` }] };
    expect(await container.apply(manifest)).toEqual({ a: "done" });
    requests();
    container.replace();
    expect(await container.apply(manifest)).toEqual({ a: "unchanged" });
    expect(requests()).toEqual([]);
  });

  test("does an item anew that has changed, and leaves alone what is no longer asked for, with a line", async () => {
    const container = new Container();
    const [a, b] = [`${container.volume}/a`, `${container.volume}/b`];
    await container.apply({
      downloads: [
        { url: url("/1"), dest: a },
        { url: url("/2"), dest: b },
      ],
    });
    expect(await container.apply({ downloads: [{ url: url("/3"), dest: a }] })).toEqual({ a: "done" });
    expect(readFileSync(a, "utf8")).toBe("content of /3");
    expect(existsSync(b)).toBe(true);
    expect(container.lines).toContain(`no longer asked for, left as it is: ${b}`);
  });

  test("brings back a file that was deleted or cut", async () => {
    const container = new Container();
    const path = `${container.volume}/a`;
    const manifest = { downloads: [{ url: url("/a"), dest: path }] };
    await container.apply(manifest);
    rmSync(path);
    expect(await container.apply(manifest)).toEqual({ a: "done" });
    writeFileSync(path, "cut");
    expect(await container.apply(manifest)).toEqual({ a: "done" });
    expect(readFileSync(path, "utf8")).toBe("content of /a");
  });

  test("does everything else when an optional item fails", async () => {
    const container = new Container();
    const states = await container.apply({
      downloads: [
        { url: url("/missing"), dest: `${container.volume}/missing`, optional: true },
        { url: url("/a"), dest: `${container.volume}/a` },
      ],
      post_commands: [`echo done >${container.volume}/proof`],
    });
    expect(states).toMatchObject({ a: "done", command: "done" });
    expect(states["missing"]).toStartWith("failed: ");
    expect(existsSync(`${container.volume}/proof`)).toBe(true);
  });

  test("says in one sentence why an item failed and what helps", async () => {
    const container = new Container({ PATH: "/nowhere" });
    const states = await container.apply({
      downloads: [{ url: url("/missing"), dest: `${container.volume}/missing` }],
    });
    expect(states["missing"]).toEndWith("expected a file, got HTTP 404: not there; check the URL");
  });

  test("runs no command after a required item that failed", async () => {
    const container = new Container();
    const states = await container.apply({
      downloads: [{ url: url("/missing"), dest: `${container.volume}/missing` }],
      post_commands: [`echo done >${container.volume}/proof`],
    });
    expect(states["command"]).toBe("skipped: needs missing");
    expect(readdirSync(container.volume)).toEqual([".ai-dock"]);
  });

  test("tries again what may work later, and not what would end the same way", async () => {
    const container = new Container({ PROVISIONER_RETRY_MAX: "2", PROVISIONER_RETRY_DELAY: "0" });
    const manifest = {
      downloads: [{ url: url("/missing"), dest: `${container.volume}/missing` }],
      git_repos: [
        {
          url: "none",
          dest: `${container.volume}/none`,
          optional: true,
        },
      ],
      write_files: [{ path: `${container.volume}/file`, owner: "no-such-user" }],
    };
    requests();
    await container.apply(manifest);
    expect(requests()).toEqual(["GET /missing"]);
    expect(container.lines.filter((line) => line.includes("tried again"))).toEqual([]);
    const counted = {
      post_commands: [`echo x >>${container.volume}/tries; test $(wc -l <${container.volume}/tries) = 3`],
    };
    expect(await container.apply(counted)).toEqual({ command: "done" });
  });

  test("tells the webhook what failed", async () => {
    const container = new Container();
    requests();
    await container.apply({
      on_failure: { webhook: url("/hook") },
      downloads: [{ url: url("/missing"), dest: `${container.volume}/missing` }],
    });
    expect(requests()).toContain("POST /hook");
  });

  test("keeps a command for the life of the container, and runs it in a new one", async () => {
    const container = new Container();
    const manifest = { post_commands: [`echo x >>${container.volume}/runs`] };
    await container.apply(manifest);
    expect(await container.apply(manifest)).toEqual({ command: "unchanged" });
    container.replace();
    expect(await container.apply(manifest)).toEqual({ command: "done" });
    expect(readFileSync(`${container.volume}/runs`, "utf8")).toBe("x\nx\n");
  });

  test("ends commands, and all they have started, when it is interrupted", async () => {
    const container = new Container();
    const abort = new AbortController();
    const pidFile = `${container.volume}/pid`;
    const ended = container.apply({ post_commands: [`sleep 1000 & echo $! >${pidFile}; wait`] }, abort);
    while (!existsSync(pidFile) || readFileSync(pidFile, "utf8") === "") await Bun.sleep(10);
    abort.abort();
    expect(await ended).toEqual({ command: "waiting: interrupted" });
    expect(isAlive(readFileSync(pidFile, "utf8").trim())).toBe(false);
  });

  test("shows others its items, and no secret", async () => {
    const container = new Container({ MY_TOKEN: "hunter22hunter22" });
    await container.apply({
      downloads: [{ url: url("/missing?key=hunter22hunter22"), dest: `${container.volume}/missing` }],
      post_commands: ["echo $MY_TOKEN; false"],
    });
    expect(container.state).toMatchObject({
      isRunning: false,
      items: [{ name: "missing", state: "failed" }, { name: "command" }],
    });
    expect(JSON.stringify(container.state) + container.lines.join()).not.toContain("hunter22");
  });
});

test("tries of downloads are the manifest's; a setting without effect is told", async () => {
  let tries = 0;
  using busy = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      tries++;
      return new Response("busy", { status: 503 });
    },
  });
  const container = new Container();
  const states = await container.apply({
    settings: { log_file: "/var/log/x", retry: { max_attempts: 2, initial_delay: 0 } },
    downloads: [{ url: `http://127.0.0.1:${busy.port}/a`, dest: `${container.volume}/a` }],
  });
  expect(states["a"]).toStartWith("failed: ");
  expect(tries).toBe(2);
  expect(container.lines.join("\n")).toContain("settings.log_file has no effect here");
});

describe("a file", () => {
  test("has its bytes, mode and owner", async () => {
    const container = new Container();
    const path = `${container.volume}/app/.env`;
    const manifest = {
      write_files: [{ path, content: "A=1\n", permissions: "0640", owner: "daemon:daemon" }],
    };
    expect(await container.apply(manifest)).toEqual({ env: "done" });
    expect(statSync(path)).toMatchObject({ uid: 1, gid: 1, mode: 0o100640 });
    expect(await container.apply(manifest)).toEqual({ env: "unchanged" });
  });

  test("is not written where another user's link leads", async () => {
    const container = new Container();
    mkdirSync(`${container.folder}/secret`);
    symlinkSync(`${container.folder}/secret`, `${container.volume}/app`);
    Bun.spawnSync(["chown", "-h", "4242:4242", `${container.volume}/app`, container.volume]);
    const states = await container.apply({
      write_files: [{ path: `${container.volume}/app/file`, content: "x" }],
    });
    expect(states["file"]).toStartWith("failed: ");
    expect(readdirSync(`${container.folder}/secret`)).toEqual([]);
  });
});
