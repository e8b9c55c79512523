/** Who runs what, and whose are the files: with real users, which needs root. */
import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { addNamedUsers, grantUser, hasAcl } from "../../../src/sys/acl.ts";
import { lookupUser } from "../../../src/sys/users.ts";
import { mount, unmount } from "../../logs/_helpers.ts";
import { Container } from "./apply-fixture.ts";

const isRoot = process.getuid?.() === 0;
const CONTENT = "content of a model";
const OTHER = 4242;
const daemon = lookupUser("daemon");
/** Of the system: what is in root's home is closed to others. */
const PYTHON = "/usr/bin:/bin";
const hasPython = Bun.spawnSync([
  "/usr/bin/env",
  `PATH=${PYTHON}`,
  "python3",
  "-c",
  "import ensurepip",
]).success;

function run(...command: string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(command);
  if (exitCode !== 0) throw new Error(`${command.join(" ")}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

const git = (directory: string, ...words: string[]) =>
  run(
    "git",
    "-C",
    directory,
    "-c",
    "safe.directory=*",
    "-c",
    "user.name=A",
    "-c",
    "user.email=a@b.c",
    ...words,
  );

/** As the default access control list of a workspace does for whatever root makes there. */
function openToOther(repository: string): void {
  for (const path of run("find", repository, "!", "-type", "l").split("\n")) {
    const { mode } = statSync(path);
    const group = addNamedUsers(path, mode, [{ tag: 2, permissions: 7, id: OTHER }]);
    expect(group & 2).toBe(2);
  }
}

/** A container whose folders everybody can enter, with a repository to clone and a server. */
function setUp(env: Record<string, string> = {}) {
  const container = new Container(env);
  const { folder, volume } = container;
  chmodSync(folder, 0o755);
  const origin = `${folder}/origin`;
  mkdirSync(origin);
  git(origin, "init", "--quiet", "--initial-branch", "main");
  const commit = (text: string) => {
    writeFileSync(`${origin}/file`, text);
    git(origin, "add", "file");
    git(origin, "commit", "--quiet", "-m", text);
    git(origin, "update-server-info");
  };
  commit("first");
  let requests = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async ({ url }) => {
      const { pathname } = new URL(url);
      // As a plain web server: of a path, another user's git would want to own the repository.
      if (pathname.startsWith("/origin/")) {
        const file = Bun.file(`${origin}/.git/${pathname.slice("/origin/".length)}`);
        return (await file.exists()) ? new Response(file) : new Response("none", { status: 404 });
      }
      requests++;
      return new Response(CONTENT, { headers: { "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" } });
    },
  });
  return {
    container,
    folder,
    volume,
    origin,
    commit,
    url: `http://127.0.0.1:${server.port}/model.bin`,
    remote: `http://127.0.0.1:${server.port}/origin`,
    requests: () => requests,
    uid: (path: string) => statSync(`${volume}/${path}`).uid,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

describe.skipIf(!isRoot)("a folder of somebody else's", () => {
  test("gets files and folders of its owner, which are not downloaded again", async () => {
    using place = setUp();
    const { container, volume, url, uid, requests } = place;
    chownSync(volume, OTHER, OTHER);
    const manifest = { downloads: [{ url, dest: `${volume}/models/vae/` }] };
    expect(await container.apply(manifest)).toEqual({ "model.bin": "done" });
    expect(["models", "models/vae", "models/vae/model.bin"].map(uid)).toEqual([OTHER, OTHER, OTHER]);
    // Without a record, the file itself tells.
    rmSync(`${volume}/.ai-dock`, { recursive: true });
    expect(await container.apply(manifest)).toEqual({ "model.bin": "unchanged" });
    expect(requests()).toBe(2);
  });

  test("keeps its access control list", async () => {
    using place = setUp();
    const { container, volume, url } = place;
    chownSync(volume, OTHER, OTHER);
    grantUser(volume, OTHER + 1);
    await container.apply({ downloads: [{ url, dest: `${volume}/models/` }] });
    expect([`${volume}/models`, `${volume}/models/model.bin`].map(hasAcl)).toEqual([true, true]);
  });
});

describe.skipIf(!isRoot || daemon === undefined)("PROVISIONING_USER", () => {
  const withUser = (env: Record<string, string> = {}) => {
    const place = setUp(env);
    place.container.user = daemon;
    return place;
  };

  test("runs commands with the tokens of the provisioning, and a home of its own", async () => {
    using place = withUser({ HF_TOKEN: "hf_hunter22" });
    const { container, volume } = place;
    chmodSync(volume, 0o777);
    expect(
      await container.apply({ post_commands: [`{ id -un; echo $HOME; echo $HF_TOKEN; pwd; } >out`] }),
    ).toEqual({ command: "done" });
    expect(readFileSync(`${volume}/out`, "utf8")).toBe(`daemon\n${daemon?.home}\nhf_hunter22\n${volume}\n`);
  });

  test("gets what is made in root's workspace, and nothing elsewhere", async () => {
    using place = withUser();
    const { container, folder, volume, url, uid, remote } = place;
    const states = await container.apply({
      write_files: [
        { id: "in", path: `${volume}/conf/a`, content: "x" },
        { id: "out", path: `${folder}/conf/b`, content: "x" },
        { id: "given", path: `${volume}/conf/c`, content: "x", owner: "root" },
      ],
      downloads: [
        { id: "model", url, dest: `${volume}/models/` },
        { id: "elsewhere", url, dest: `${folder}/models/` },
      ],
      git_repos: [{ url: remote, dest: `${volume}/app`, post_commands: ["id -u >who"] }],
    });
    expect(new Set(Object.values(states))).toEqual(new Set(["done"]));
    const paths = ["conf", "conf/a", "models/model.bin", "app", "app/.git/config", "app/who"];
    expect(paths.map(uid)).toEqual(paths.map(() => 1));
    expect([statSync(`${folder}/conf/b`).uid, statSync(`${folder}/models/model.bin`).uid]).toEqual([0, 0]);
    expect(uid("conf/c")).toBe(0);
    expect(readFileSync(`${volume}/app/who`, "utf8")).toBe("1\n");
    expect(await container.apply({ write_files: [{ path: `${volume}/conf/a`, content: "x" }] })).toEqual({
      a: "unchanged",
    });
  });

  test("clones where only root can make a folder, and follows the branch", async () => {
    using place = withUser();
    const { container, folder, remote, commit } = place;
    chmodSync(folder, 0o755);
    const manifest = { git_repos: [{ url: remote, dest: `${folder}/app`, pull_if_exists: true }] };
    expect(await container.apply(manifest)).toEqual({ app: "done" });
    expect(statSync(`${folder}/app/.git`).uid).toBe(1);
    commit("second");
    expect(await container.apply(manifest)).toEqual({ app: "done" });
    expect(readFileSync(`${folder}/app/file`, "utf8")).toBe("second");
    expect(statSync(`${folder}/app/file`).uid).toBe(1);
  });

  test.skipIf(!hasPython)(
    "makes environments of Python, installs what its own files list, and leaves root's alone",
    async () => {
      using place = withUser({ PIP_NO_INDEX: "1", PATH: PYTHON });
      const { container, folder, volume, uid } = place;
      const venv = `${volume}/venv`;
      mkdirSync(`${folder}/wheels`);
      chmodSync(`${folder}/wheels`, 0o755);
      run("python3", `${import.meta.dir}/wheelhouse.py`, `${folder}/wheels`, "one", "1.0");
      container.env["PIP_FIND_LINKS"] = `${folder}/wheels`;
      writeFileSync(`${volume}/requirements.txt`, "one\n");
      chownSync(`${volume}/requirements.txt`, 1, 1);
      const requirements = [`${volume}/requirements.txt`];
      const states = await container.apply({ pip_packages: [{ venv, tool: "pip", requirements }] });
      expect(states["pip"]).toBe("done");
      expect(run(`${venv}/bin/python`, "-c", "import one; print(one.version)")).toBe("1.0");
      expect(["venv", "venv/bin/pip"].map(uid)).toEqual([1, 1]);
      run("chown", "-R", "0:0", venv);
      const refused = await container.apply({ pip_packages: [{ venv, packages: ["two"] }] });
      expect(refused["pip"]).toContain("expected an environment that user 1 can write to");
    },
    60_000,
  );
});

describe.skipIf(!isRoot)("git as root", () => {
  /** Tells who runs what is configured in a repository. */
  function plant(repository: string, folder: string) {
    const proof = `${folder}/proof`;
    const script = `${folder}/planted`;
    writeFileSync(proof, "");
    chmodSync(proof, 0o666);
    writeFileSync(script, `#!/bin/sh\nid -u >>${proof}\ncat\n`, { mode: 0o755 });
    for (const [key, value] of [
      ["core.fsmonitor", script],
      ["filter.x.smudge", script],
      ["filter.x.clean", script],
      ["core.sshCommand", script],
      ["core.pager", script],
      ["credential.helper", script],
    ] as const)
      git(repository, "config", key, value);
    mkdirSync(`${repository}/.git/info`, { recursive: true });
    writeFileSync(`${repository}/.git/info/attributes`, "* filter=x\n");
    return () => new Set(readFileSync(proof, "utf8").split("\n").filter(Boolean));
  }

  test.each([
    [
      "of another user",
      (repository: string) => run("chown", "-R", `${OTHER}:${OTHER}`, repository),
      `${OTHER}`,
    ],
    ["of root's that an access control list opens to the owner of the workspace", openToOther, `${OTHER}`],
    [
      "of root's that is open to all",
      (repository: string) => run("chmod", "-R", "a+rwX", repository),
      "65534",
    ],
  ])("runs nothing that is configured in a repository %s", async (_, change, user) => {
    using place = setUp();
    const { container, folder, volume, remote, commit } = place;
    const manifest = { git_repos: [{ url: remote, dest: `${volume}/app`, pull_if_exists: true }] };
    await container.apply(manifest);
    const seen = plant(`${volume}/app`, folder);
    change(`${volume}/app`);
    if (user === `${OTHER}`) Object.assign(container.env, { WORKSPACE_UID: user, WORKSPACE_GID: user });
    commit("second");
    const states = await container.apply(manifest);
    expect([...seen()]).toEqual([user]);
    expect(states).toEqual({ app: "done" });
    expect(readFileSync(`${volume}/app/file`, "utf8")).toBe("second");
  });

  test("clones where nobody else can look in, and gives the clone away then", async () => {
    using place = setUp();
    const { container, folder, volume, origin } = place;
    chownSync(volume, OTHER, OTHER);
    Object.assign(container.env, { WORKSPACE_UID: `${OTHER}`, WORKSPACE_GID: `${OTHER}` });
    mkdirSync(`${folder}/bin`);
    writeFileSync(
      `${folder}/bin/git`,
      `#!/bin/sh\nstat -c '%u %a' . >>${folder}/places\nexec ${Bun.which("git")} "$@"\n`,
      { mode: 0o755 },
    );
    container.env["PATH"] = `${folder}/bin:${container.env["PATH"]}`;
    expect(await container.apply({ git_repos: [{ url: origin, dest: `${volume}/app` }] })).toEqual({
      app: "done",
    });
    expect(readFileSync(`${folder}/places`, "utf8").split("\n")[0]).toBe("0 700");
    expect([`${volume}/app`, `${volume}/app/.git/config`].map((path) => statSync(path).uid)).toEqual([
      OTHER,
      OTHER,
    ]);
    expect(statSync(`${origin}/.git/HEAD`).uid).toBe(0);
    expect(run("find", `${origin}/.git/objects`, "!", "-uid", "0")).toBe("");
  });

  test.each([
    ["the owner of the workspace", `${OTHER}`, [`user:pass`]],
    ["nobody else", "77", []],
  ])("lets %s have the password for a repository of that user's", async (_, owner, wanted) => {
    using place = setUp({ WORKSPACE_UID: owner, WORKSPACE_GID: owner });
    const { container, volume, origin } = place;
    const seen = new Set<string>();
    using closed = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch({ headers }) {
        const given = headers.get("authorization");
        if (given === null)
          return new Response("who?", { status: 401, headers: { "www-authenticate": 'Basic realm="git"' } });
        seen.add(atob(given.replace("Basic ", "")));
        return new Response("none", { status: 404 });
      },
    });
    git(volume, "clone", "--quiet", origin, "app");
    git(`${volume}/app`, "remote", "set-url", "origin", `http://127.0.0.1:${closed.port}/private`);
    run("chown", "-R", `${OTHER}:${OTHER}`, `${volume}/app`);
    const url = `http://user:pass@127.0.0.1:${closed.port}/private`;
    const states = await container.apply({
      git_repos: [{ url, dest: `${volume}/app`, pull_if_exists: true }],
    });
    expect(states["app"]).toStartWith("failed: ");
    expect([...seen]).toEqual(wanted);
  });

  test("says where a clone cannot be made", async () => {
    using place = setUp();
    const { container, volume, origin } = place;
    mkdirSync(`${volume}/ro`);
    mount(["-t", "tmpfs", "-o", "ro", "tmpfs", `${volume}/ro`]);
    try {
      const states = await container.apply({ git_repos: [{ url: origin, dest: `${volume}/ro/app` }] });
      expect(states["app"]).toContain(`"${volume}/ro": expected a writable directory, got EROFS`);
    } finally {
      unmount(`${volume}/ro`);
    }
  });

  test("leaves a clone to root where programs of this container run as the owner of the workspace", async () => {
    using place = setUp({ USER_NAME: "daemon", WORKSPACE_UID: "1", WORKSPACE_GID: "1" });
    const { container, volume, origin } = place;
    chownSync(volume, 1, 1);
    await container.apply({ git_repos: [{ url: origin, dest: `${volume}/app` }] });
    expect(statSync(`${volume}/app`).uid).toBe(0);
  });
});

describe.skipIf(!isRoot || !hasPython)("an environment of Python that others can write to", () => {
  test("runs nothing as root", async () => {
    using place = setUp({
      PIP_NO_INDEX: "1",
      PATH: PYTHON,
      WORKSPACE_UID: `${OTHER}`,
      WORKSPACE_GID: `${OTHER}`,
    });
    const { container, folder, volume } = place;
    const venv = `${volume}/venv`;
    run("/usr/bin/python3", "-m", "venv", "--without-pip", venv);
    const proof = `${folder}/proof`;
    writeFileSync(proof, "");
    chmodSync(proof, 0o666);
    const [site = ""] = run("find", venv, "-name", "site-packages").split("\n");
    writeFileSync(`${site}/planted.pth`, `import os; open("${proof}", "a").write(f"{os.getuid()}\\n")\n`);
    openToOther(venv);
    await container.apply({ pip_packages: [{ venv, tool: "pip", packages: ["one"] }] });
    expect(new Set(readFileSync(proof, "utf8").trim().split("\n"))).toEqual(new Set([`${OTHER}`]));
  });

  test("is not made, and nothing is cleared, where a link of theirs leads", async () => {
    using place = setUp({ PATH: PYTHON });
    const { container, folder, volume } = place;
    const venv = `${volume}/venv`;
    mkdirSync(`${folder}/secret`);
    writeFileSync(`${folder}/secret/file`, "x");
    symlinkSync(`${folder}/secret`, venv);
    run("chown", "-hR", `${OTHER}:${OTHER}`, volume);
    const states = await container.apply({ pip_packages: [{ venv, packages: ["one"] }] });
    expect(states["pip"]).toStartWith("failed: ");
    expect(readFileSync(`${folder}/secret/file`, "utf8")).toBe("x");
  });
});

describe("commands of a repository", () => {
  test("run once for each state of it, and in each container", async () => {
    using place = setUp();
    const { container, volume, origin, commit } = place;
    const runs = () => readFileSync(`${volume}/runs`, "utf8").length / 2;
    const manifest = {
      git_repos: [{ url: origin, dest: `${volume}/app`, post_commands: [`echo x >>${volume}/runs`] }],
    };
    const counts: number[] = [];
    const apply = async () => {
      await container.apply(manifest);
      counts.push(runs());
    };
    await apply();
    await apply();
    // The user has updated it.
    commit("second");
    git(`${volume}/app`, "pull", "--quiet");
    await apply();
    await apply();
    // What commands have made in it is gone.
    rmSync(`${volume}/app`, { recursive: true });
    await apply();
    container.replace();
    await apply();
    expect(counts).toEqual([1, 1, 2, 2, 3, 4]);
    expect(existsSync(`${volume}/app/file`)).toBe(true);
  });
});
