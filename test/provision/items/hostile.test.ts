import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Container } from "./apply-fixture.ts";

const PASSWORD = "hunter22+hunter22";

/** Every command line on this machine that has a word in it. */
function linesWith(word: string): string[] {
  const lines = readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
    } catch {
      return [];
    }
  });
  return lines.filter((line) => line.includes(word));
}

/** Asks for a password as hosts of git and indexes of pip do, and looks at all processes when it comes. */
const seen: { path: string; credential: string; shown: string[] }[] = [];
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url, headers }) {
    const credential = headers.get("authorization");
    const { pathname } = new URL(url);
    if (pathname.startsWith("/hook/")) return new Response("no", { status: 404 });
    const shown = linesWith("hunter22");
    if (credential === null)
      return new Response("password?", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
    seen.push({ path: pathname, credential: atob(credential.replace("Basic ", "")), shown });
    return new Response("none", { status: 404 });
  },
});
afterAll(() => server.stop(true));
const place = `user:${encodeURIComponent(PASSWORD)}@127.0.0.1:${server.port}`;

/** Files of a container that hold a word. */
const filesWith = (container: Container, word: string) =>
  Bun.spawnSync(["grep", "-rlF", word, container.folder]).stdout.toString();

describe("a secret", () => {
  test("in the URL of a repository reaches its host, and neither ps, log, state nor record", async () => {
    const container = new Container();
    seen.length = 0;
    const states = await container.apply({
      git_repos: [{ url: `http://${place}/repo.git`, dest: `${container.volume}/repo` }],
    });
    expect(states["repo"]).toStartWith("failed: ");
    expect(seen).not.toEqual([]);
    for (const one of seen) expect(one).toMatchObject({ credential: `user:${PASSWORD}`, shown: [] });
    expect(container.lines.join("\n") + JSON.stringify(states)).not.toContain("hunter22");
    expect(filesWith(container, "hunter22")).toBe("");
  });

  test("in a package or an index of pip is in no command line", async () => {
    const container = new Container();
    const venv = `${container.folder}/venv`;
    Bun.spawnSync(["python3", "-m", "venv", venv]);
    for (const block of [
      { packages: ["one"], args: `--index-url http://${place}/simple --no-deps` },
      { packages: [`one @ http://${place}/one-1.0-py3-none-any.whl`] },
    ]) {
      seen.length = 0;
      await container.apply({ pip_packages: [{ venv, tool: "pip", ...block }] });
      expect(seen).not.toEqual([]);
      for (const one of seen) expect(one).toMatchObject({ credential: `user:${PASSWORD}`, shown: [] });
    }
    expect(container.lines.join("\n")).not.toContain("hunter22");
  }, 30_000);

  test("that is the path of a webhook is in no message", async () => {
    const container = new Container();
    await container.apply({
      on_failure: { webhook: `http://127.0.0.1:${server.port}/hook/hunter22` },
      post_commands: ["false"],
    });
    expect(container.lines.filter((line) => line.includes("on_failure.webhook"))).toHaveLength(1);
    expect(container.lines.join("\n")).not.toContain("hunter22");
  }, 30_000);

  test("that a variable brings into a path is in neither state nor record", async () => {
    const container = new Container({ MY_TOKEN: "hunter22hunter22" });
    await container.apply({
      write_files: [{ path: `${container.volume}/a`, content: "x" }],
      downloads: [
        { url: `http://127.0.0.1:${server.port}/hook/\${MY_TOKEN}/file`, dest: `${container.volume}/file` },
      ],
      git_repos: [{ url: "/nowhere/${MY_TOKEN}", dest: `${container.volume}/git` }],
    });
    expect(JSON.stringify(container.state)).not.toContain("hunter22");
    expect(filesWith(container, "hunter22")).toBe("");
  });
});

describe("as root, a provisioning", () => {
  test("runs the interpreter of another user's environment as that user", async () => {
    const container = new Container();
    const venv = `${container.volume}/venv`;
    const proof = `${container.folder}/proof`;
    mkdirSync(`${venv}/bin`, { recursive: true });
    for (const folder of [container.folder, container.volume]) chmodSync(folder, 0o755);
    writeFileSync(proof, "");
    chmodSync(proof, 0o666);
    writeFileSync(`${venv}/bin/python`, `#!/bin/sh\nid -u >>${proof}\nenv >>${proof}\nexit 1\n`, {
      mode: 0o755,
    });
    Bun.spawnSync(["chown", "-R", "4242:4242", venv]);
    container.env["HF_TOKEN"] = "hunter22hunter22";
    await container.apply({
      pip_packages: [{ venv, packages: ["one"], tool: "pip", constraints: "installed" }],
    });
    const told = readFileSync(proof, "utf8");
    expect(told.split("\n")).toContain("4242");
    expect(told.split("\n")).not.toContain("0");
    expect(told).not.toContain("hunter22");
  });

  test("does not install what another user's file of requirements lists", async () => {
    const container = new Container({ PIP_NO_INDEX: "1" });
    const file = `${container.volume}/requirements.txt`;
    writeFileSync(file, "one\n");
    Bun.spawnSync(["chown", "4242:4242", file]);
    const states = await container.apply({
      pip_packages: [{ venv: "system", requirements: [file] }],
    });
    expect(states["pip"]).toContain("expected a file of root, got one of user 4242");
  });

  test("waits for no writer of a FIFO in the place of a file of requirements, or of records", async () => {
    const container = new Container();
    const file = `${container.volume}/requirements.txt`;
    mkdirSync(`${container.volume}/.ai-dock`);
    Bun.spawnSync(["mkfifo", file, `${container.volume}/.ai-dock/provisioning.json`]);
    const states = await container.apply({ pip_packages: [{ venv: "system", requirements: [file] }] });
    expect(states["pip"]).toContain("expected a file, got something else");
  });
});

describe("a command", () => {
  test("that leaves something in the background is not waited for", async () => {
    const container = new Container();
    const pid = `${container.volume}/pid`;
    expect(await container.apply({ post_commands: [`sleep 1000 & echo $! >${pid}`] })).toEqual({
      command: "done",
    });
    process.kill(Number(readFileSync(pid, "utf8")));
  });

  test("may leave a daemon, which writes on after the end", async () => {
    const container = new Container();
    const { volume, rest } = container;
    const daemon = `(while [ ! -e go ]; do sleep 0.01; done; echo later && echo and on && echo $? >end)`;
    const states = await container.apply({ post_commands: [`echo now; ${daemon} &`] });
    expect(states).toEqual({ command: "done" });
    writeFileSync(`${volume}/go`, "");
    const end = () => (existsSync(`${volume}/end`) ? readFileSync(`${volume}/end`, "utf8") : "");
    while (!end().endsWith("\n")) await Bun.sleep(5);
    expect(end()).toBe("0\n");
    while (!readFileSync(rest, "utf8").includes("and on")) await Bun.sleep(5);
    expect(readFileSync(rest, "utf8")).toBe("later\nand on\n");
    expect(container.lines).toContain("command: now");
  });

  test("with a secret in it is in no command line", async () => {
    const container = new Container();
    let shown: string[] | undefined;
    using looking = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => {
        shown = linesWith("hunter22");
        return new Response("ok");
      },
    });
    const ask = `exec 3<>/dev/tcp/127.0.0.1/${looking.port}; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3 >/dev/null`;
    const states = await container.apply({
      post_commands: [`${ask}; : hunter22hunter22; ! env | grep -q hunter22`],
    });
    expect([states, shown]).toEqual([{ command: "done" }, []]);
  });

  test("has its last words in the log when it says nothing for long", async () => {
    const container = new Container();
    await container.apply({ post_commands: ["echo begin; sleep 0.5; printf end"] });
    expect(container.lines).toEqual(expect.arrayContaining(["command: begin", "command: end"]));
  });
});

describe("an item", () => {
  test("whose files fail in part is not left running behind its failure", async () => {
    const container = new Container();
    let open = 0;
    using hub = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      async fetch({ url }) {
        const { pathname } = new URL(url);
        if (pathname.includes("/tree/"))
          return Response.json(["a", "b"].map((path) => ({ type: "file", path, size: 4 })));
        if (pathname.endsWith("/a")) return new Response("no", { status: 404 });
        open++;
        await Bun.sleep(300);
        open--;
        return new Response("good");
      },
    });
    container.env["HF_ENDPOINT"] = `http://127.0.0.1:${hub.port}`;
    const states = await container.apply({
      downloads: [{ id: "repo", url: "hf:o/r", dest: `${container.volume}/repo/` }],
    });
    expect(states["repo"]).toStartWith("failed: ");
    expect(open).toBe(0);
    expect(readFileSync(`${container.volume}/repo/b`, "utf8")).toBe("good");
  });

  test("with a condition on a token fails where nobody can be asked, and is not left out", async () => {
    const container = new Container({ HF_TOKEN: "hf_abcdefgh", HF_ENDPOINT: "http://127.0.0.1:9" });
    const states = await container.apply({
      write_files: [{ path: `${container.volume}/a`, content: "x", when: "hf_token_valid" }],
    });
    expect(states["a"]).toContain("expected to hear whether the token is valid");
    expect(existsSync(`${container.volume}/a`)).toBe(false);
  });

  test("that failed for good is not tried again beside one that may work", async () => {
    const container = new Container({ PROVISIONER_RETRY_MAX: "2", PROVISIONER_RETRY_DELAY: "0" });
    await container.apply({
      write_files: [{ path: `${container.volume}/a`, owner: "no-such-user", optional: true }],
      post_commands: ["false"],
    });
    expect(container.lines.filter((line) => line.includes("no-such-user"))).toHaveLength(1);
    expect(container.lines.filter((line) => line.startsWith("command: failed"))).toHaveLength(3);
  });
});

test("a manifest without end is not read into memory", async () => {
  const container = new Container();
  using endless = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            controller.enqueue(new Uint8Array(1024 * 1024).fill(32));
            await Bun.sleep(1);
          },
        }),
      ),
  });
  expect(container.apply(`http://127.0.0.1:${endless.port}/`)).rejects.toThrow("expected at most");
});
