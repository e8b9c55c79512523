import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Container } from "./apply-fixture.ts";

const identity = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "protocol.file.allow=always"];

function git(directory: string, ...words: string[]): string {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["git", "-C", directory, ...identity, ...words]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString().trim();
}

/** A repository on a server of its own, with one commit. */
function origin(container: Container): { path: string; commit(text: string): string } {
  const path = `${container.folder}/origin`;
  mkdirSync(path);
  git(path, "init", "--quiet", "--initial-branch", "main");
  const commit = (text: string) => {
    writeFileSync(`${path}/file`, text);
    git(path, "add", "file");
    git(path, "commit", "--quiet", "-m", text);
    return git(path, "rev-parse", "HEAD");
  };
  commit("first");
  return { path, commit };
}

const setUp = () => {
  const container = new Container();
  const server = origin(container);
  const dest = `${container.volume}/app`;
  const read = () => readFileSync(`${dest}/file`, "utf8");
  const apply = async (more: object = {}) =>
    (await container.apply({ git_repos: [{ url: server.path, dest, ...more }] }))["app"];
  return { container, path: server.path, commit: (text: string) => server.commit(text), dest, read, apply };
};

describe("a repository", () => {
  test("is cloned once, and left alone by a new container on the volume", async () => {
    const { container, commit, dest, read, apply } = setUp();
    expect(await apply()).toBe("done");
    expect(read()).toBe("first");
    commit("second");
    container.replace();
    expect(await apply()).toBe("unchanged");
    expect(read()).toBe("first");
    expect(existsSync(`${dest}/.git`)).toBe(true);
  });

  test("follows its branch when asked to", async () => {
    const { commit, read, apply } = setUp();
    await apply({ pull_if_exists: true });
    commit("second");
    expect(await apply({ pull_if_exists: true })).toBe("done");
    expect(read()).toBe("second");
    expect(await apply({ pull_if_exists: true })).toBe("unchanged");
  });

  test("is at the tag, branch or commit that the manifest names", async () => {
    const { path, commit, read, apply } = setUp();
    git(path, "tag", "v1");
    const second = commit("second");
    git(path, "branch", "other");
    commit("third");
    expect(await apply({ ref: "v1" })).toBe("done");
    expect(read()).toBe("first");
    expect(await apply({ ref: second })).toBe("done");
    expect(read()).toBe("second");
    expect(await apply({ ref: "main" })).toBe("done");
    expect(read()).toBe("third");
    expect(await apply({ ref: "none" })).toStartWith("failed: ");
    expect(read()).toBe("third");
  });

  test("with changes of the user's is not touched", async () => {
    const { commit, dest, read, apply } = setUp();
    await apply();
    const second = commit("second");
    writeFileSync(`${dest}/file`, "mine");
    expect(await apply({ ref: second })).toBe(
      `failed: "${dest}" has changes that are not committed; left as it is (M file)`,
    );
    expect(read()).toBe("mine");
  });

  test("with commits of the user's is not touched", async () => {
    const { commit, dest, read, apply } = setUp();
    await apply();
    commit("second");
    writeFileSync(`${dest}/file`, "mine");
    git(dest, "commit", "--quiet", "-a", "-m", "mine");
    expect(await apply({ pull_if_exists: true })).toContain("has commits of its own");
    expect(await apply({ ref: "main" })).toContain("has commits of its own");
    expect(read()).toBe("mine");
  });

  test.each([
    [
      "something else is in its place",
      (dest: string) => writeFileSync(`${dest}/mine`, "mine"),
      "something else",
    ],
    ["a clone of another one is there", (dest: string) => cloneOf(dest), "got one of another"],
  ])("is not cloned where %s", async (_, fill, reason) => {
    const { dest, apply } = setUp();
    mkdirSync(dest);
    fill(dest);
    expect(await apply()).toContain(reason);
  });

  test("of another user is not looked at with the rights of root", async () => {
    const { container, commit, dest, apply } = setUp();
    await apply();
    const proof = `${container.folder}/proof`;
    // As in images for apps that are cloned by root and run by another user.
    writeFileSync(`${container.folder}/.gitconfig`, "[safe]\n\tdirectory = *\n");
    writeFileSync(`${container.folder}/hook.sh`, `#!/bin/sh\nid -u >>${proof}\n`, { mode: 0o755 });
    writeFileSync(proof, "", { mode: 0o666 });
    Bun.spawnSync(["chmod", "0666", proof]);
    Bun.spawnSync(["chmod", "0755", container.folder, container.volume]);
    git(dest, "config", "core.fsmonitor", `${container.folder}/hook.sh`);
    Bun.spawnSync(["chown", "-R", "4242:4242", dest]);
    await apply({ ref: commit("second") });
    const users = readFileSync(proof, "utf8").trim().split("\n");
    expect(users).not.toContain("0");
  });

  test("runs its commands after the clone, once, and again when they have changed", async () => {
    const { dest, apply } = setUp();
    const log = () => readFileSync(`${dest}/log`, "utf8").trim().split("\n");
    expect(await apply({ post_commands: ["pwd >>log"] })).toBe("done");
    expect(await apply({ post_commands: ["pwd >>log"] })).toBe("unchanged");
    expect(log()).toEqual([dest]);
    expect(await apply({ post_commands: ["pwd >>log", "echo $0 >>log"] })).toBe("done");
    expect(log()).toHaveLength(3);
  });

  test("that could not run its commands is tried again", async () => {
    const { dest, apply } = setUp();
    const post_commands = ["test -e ready"];
    expect(await apply({ post_commands })).toStartWith("failed: ");
    writeFileSync(`${dest}/ready`, "");
    expect(await apply({ post_commands })).toBe("done");
  });
});

function cloneOf(dest: string): void {
  git(dest, "init", "--quiet");
  git(dest, "remote", "add", "origin", "https://a.b/other");
}
