/** What vast.ai's provisioner is known to do wrong, and this one does not. Kills, disks and containers: kills.test.ts. */
import { afterAll, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { readManifest } from "../../src/provision/manifest/read.ts";
import { Container } from "./items/apply-fixture.ts";
import { bytesOf, sendFile, serve, sha256 } from "./server-fixture.ts";

const content = bytesOf(6_000_000);
const asked: { path: string; authorization: string | null; open: number }[] = [];
const server = await serve(async (request, reply) => {
  const { path, headers, open } = request;
  asked.push({ path, authorization: headers.get("authorization"), open });
  if (path === "/missing") return reply.text(404, "not there");
  if (path === "/space") return reply.head(200, { "content-length": 2 ** 50, etag: '"1"' });
  if (path.startsWith("/private"))
    return headers.get("authorization") === null
      ? reply.text(401, "who?", { "www-authenticate": 'Basic realm="git"' })
      : reply.text(404, "none");
  return sendFile(request, reply, content, { etag: '"1"', pace: path === "/slow" ? 4000 : 65_536 });
});
afterAll(() => server[Symbol.dispose]());
beforeEach(() => void asked.splice(0));

const download = (container: Container, path: string, more: object = {}) => ({
  url: server.url(path),
  dest: `${container.volume}${path}`,
  ...more,
});
const filesIn = (container: Container) => readdirSync(container.volume).filter((name) => name !== ".ai-dock");

test("weak point 1: a failed optional download stops nothing that comes later", async () => {
  const container = new Container();
  const states = await container.apply({
    downloads: [download(container, "/missing", { optional: true }), download(container, "/a")],
    write_files_late: [{ path: `${container.volume}/late`, content: "x" }],
    post_commands: [`touch ${container.volume}/command`],
  });
  expect(states).toMatchObject({ a: "done", late: "done", command: "done" });
});

test("weak point 2: checksum, size and free space are looked at, and nothing wrong has the file's name", async () => {
  const container = new Container();
  const states = await container.apply({
    downloads: [
      download(container, "/sum", { sha256: "0".repeat(64) }),
      download(container, "/size", { size: "5 MB" }),
      download(container, "/space"),
      download(container, "/good", { sha256: sha256(content), size: content.length }),
    ],
  });
  expect(states).toMatchObject({ good: "done" });
  for (const name of ["sum", "size"]) expect(states[name]).toStartWith("failed: ");
  expect(states["space"]).toMatch(/^failed: .*(space|room|free)/);
  expect(filesIn(container).filter((name) => !name.startsWith("."))).toEqual(["good"]);
});

/** A download that was interrupted in the middle. */
async function interrupted() {
  const container = new Container();
  const abort = new AbortController();
  const before = server.sent.bytes;
  const manifest = { downloads: [download(container, "/slow")] };
  const ended = container.apply(manifest, abort);
  while (server.sent.bytes < before + 2_000_000) await Bun.sleep(2);
  abort.abort();
  await ended;
  return { container, manifest };
}

test("weak point 3: what was cut never has the name of the file, and is not taken for whole", async () => {
  const { container, manifest } = await interrupted();
  expect(existsSync(`${container.volume}/slow`)).toBe(false);
  container.replace();
  expect(await container.apply(manifest)).toEqual({ slow: "done" });
  expect(sha256(readFileSync(`${container.volume}/slow`))).toBe(sha256(content));
});

test("weak point 4: a download goes on where it was, beside its target and without a second copy", async () => {
  const { container, manifest } = await interrupted();
  expect(filesIn(container).toSorted()).toEqual([".slow.ai-dock-journal", ".slow.ai-dock-part"]);
  const before = server.sent.bytes;
  await container.apply(manifest);
  expect(server.sent.bytes - before).toBeLessThan(content.length);
  expect(filesIn(container)).toEqual(["slow"]);
});

test("weak point 5: one file comes over several connections", async () => {
  const container = new Container();
  await container.apply({ downloads: [download(container, "/slow")] });
  expect(Math.max(...asked.map(({ open }) => open))).toBeGreaterThan(1);
});

test("weak point 6: private repositories of git, rclone's remotes and S3 are sources", async () => {
  const container = new Container();
  await container.apply({
    git_repos: [{ url: `http://user:pass@${server.host}/private/repo`, dest: `${container.volume}/private` }],
  });
  const sent = asked.map(({ authorization }) => authorization).filter((value) => value !== null);
  expect(new Set(sent)).toEqual(new Set([`Basic ${btoa("user:pass")}`]));
  // What they fetch: test/provision/rclone.
  const urls = ["rclone:remote:folder/file", "s3://bucket/key"];
  const text = JSON.stringify({ version: 1, downloads: urls.map((url) => ({ url, dest: "/x/" })) });
  expect(readManifest(text, "manifest", {}).problems).toEqual([]);
});

test("weak point 7: what does not depend on each other runs side by side", async () => {
  const container = new Container();
  mkdirSync(`${container.folder}/origin`);
  Bun.spawnSync(["git", "init", "--quiet", `${container.folder}/origin`]);
  // The repository is done only once the download is, which vast.ai's begins after all repositories.
  const states = await container.apply({
    git_repos: [
      {
        url: `${container.folder}/origin`,
        dest: `${container.volume}/repo`,
        post_commands: [`until [ -e ${container.volume}/a ]; do sleep 0.01; done`],
      },
    ],
    downloads: [download(container, "/a")],
  });
  expect(states).toEqual({ repo: "done", a: "done" });
});

test("weak point 8: an edit of the manifest counts after a success, without a flag", async () => {
  const container = new Container();
  await container.apply({ downloads: [download(container, "/a")] });
  expect(
    await container.apply({ downloads: [download(container, "/a"), download(container, "/b")] }),
  ).toEqual({
    a: "unchanged",
    b: "done",
  });
});

test("weak point 9: a new container on the old volume asks for nothing", async () => {
  const container = new Container();
  const manifest = { downloads: [download(container, "/a")] };
  await container.apply(manifest);
  asked.length = 0;
  container.replace();
  expect(await container.apply(manifest)).toEqual({ a: "unchanged" });
  expect(asked).toEqual([]);
});

test("weak point 10: an unknown key inside of an entry is a mistake with its line", () => {
  const text = "version: 1\ndownloads:\n  - url: https://a.b/c\n    dest: /c\n    sha265: abc\n";
  expect(readManifest(text, "p.yaml", {}).problems).toEqual([
    { source: "p.yaml", line: 5, message: expect.stringContaining('did you mean "sha256"?') },
  ]);
});

test("weak point 11: ${VAR} in a command is the shell's own affair", async () => {
  const container = new Container({ NAME: "$(touch /nowhere/x) it's" });
  const out = `${container.volume}/out`;
  await container.apply({ post_commands: [`NAME=inner; printf %s "\${NAME}" >${out}`] });
  expect(readFileSync(out, "utf8")).toBe("inner");
  await container.apply({ post_commands: [`printf %s "\${NAME}" >${out}`] });
  expect(readFileSync(out, "utf8")).toBe("$(touch /nowhere/x) it's");
});
