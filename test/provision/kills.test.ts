import { describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { canMount, Machine } from "./apply-process.ts";
import { sendFile, serve, sha256 } from "./server-fixture.ts";

const MEBIBYTE = 2 ** 20;
/** The long round, before a release, has 50. */
const KILLS = Number(process.env["AI_DOCK_TEST_KILLS"] ?? "8");
/** A kill loses what is on its way: that has to be little beside all. */
const SIZE = KILLS * 24 * MEBIBYTE;
const NAMES = ["a", "b", "c"];

function randomBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536)
    crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}

/** A repository on a server of its own, with many files. */
function origin(path: string): void {
  mkdirSync(path);
  for (let index = 0; index < 200; index++) writeFileSync(`${path}/file-${index}`, `${index}\n`.repeat(500));
  const git = (...words: string[]) =>
    Bun.spawnSync(["git", "-C", path, "-c", "user.name=A", "-c", "user.email=a@b.c", ...words]);
  git("init", "--quiet", "--initial-branch", "main");
  git("add", ".");
  git("commit", "--quiet", "-m", "first");
}

/** In memory, where there is room: a disk is busy with more than this. */
function roomyPlace(): string | undefined {
  if (!existsSync("/dev/shm")) return undefined;
  const { bavail, bsize } = statfsSync("/dev/shm");
  return bavail * bsize > SIZE * (NAMES.length + 1) ? "/dev/shm" : undefined;
}

/** All processes below one. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean);
  return children.map(Number).flatMap((child) => [child, ...descendants(child)]);
}

function isAlive(pid: string): boolean {
  if (!existsSync(`/proc/${pid}/status`)) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

const settings = { concurrency: { downloads: 3, connections: 2 } };

describe.skipIf(!canMount)("a provisioning", () => {
  test(`that is killed ${KILLS} times is whole after one more run, with hardly a byte twice`, async () => {
    const content = randomBytes(SIZE);
    const checksum = sha256(content);
    using server = await serve(async (asked, reply) =>
      sendFile(asked, reply, content, { etag: `"${asked.path}"`, pace: 16_384 }),
    );
    const machine = new Machine({}, roomyPlace());
    const { volume } = machine;
    origin(`${machine.folder}/origin`);
    const manifest = {
      settings,
      write_files: [{ path: `${volume}/conf/app.ini`, content: "a=1\n" }],
      git_repos: [
        { url: `${machine.folder}/origin`, dest: `${volume}/app`, post_commands: ["echo x >>built"] },
      ],
      downloads: NAMES.map((name) => ({
        url: server.url(`/${name}`),
        dest: `${volume}/app/models/${name}`,
        sha256: checksum,
      })),
      post_commands: [`echo x >>${volume}/commands`],
    };
    for (let kills = 0; kills < KILLS; kills++) {
      const { child } = machine.start(manifest);
      const before = server.sent.bytes;
      // Every other one is killed somewhere before the first byte, in the middle of git or of the start.
      if (kills % 2 === 0) while (server.sent.bytes === before && child.exitCode === null) await Bun.sleep(2);
      await Bun.sleep(Math.random() * 300);
      child.kill("SIGKILL");
      await child.exited;
    }
    expect(await machine.run(manifest)).toMatchObject({ code: 0 });
    for (const name of NAMES)
      expect(sha256(new Uint8Array(readFileSync(`${volume}/app/models/${name}`)))).toBe(checksum);
    // Nothing twice, and nothing left beside.
    expect(readFileSync(`${volume}/commands`, "utf8")).toBe("x\n");
    expect(readdirSync(volume).toSorted()).toEqual([".ai-dock", "app", "commands", "conf"]);
    expect(readdirSync(`${volume}/app/models`).toSorted()).toEqual(NAMES);
    const status = Bun.spawnSync(["git", "-C", `${volume}/app`, "status", "--porcelain"]);
    expect(status.stdout.toString()).toBe("?? built\n?? models/\n");
    const total = SIZE * NAMES.length;
    expect(server.sent.bytes / total).toBeLessThan(1.02);
    const asked = server.asked.length;
    machine.replace();
    const again = await machine.run({ ...manifest, post_commands: [] });
    expect(again).toMatchObject({ code: 0 });
    expect(server.asked).toHaveLength(asked);
    rmSync(machine.folder, { recursive: true });
  }, 600_000);

  test.each([
    ["with all that it runs", true],
    ["alone, while git goes on", false],
  ])(
    "that is killed %s while it updates a repository brings the update to its end",
    async (_, isTree) => {
      const machine = new Machine();
      const { folder, volume } = machine;
      origin(`${folder}/origin`);
      const at = (ref: string) => ({ git_repos: [{ url: `${folder}/origin`, dest: `${volume}/app`, ref }] });
      expect(await machine.run(at("main"))).toMatchObject({ code: 0 });
      const git = (...words: string[]) => Bun.spawnSync(["git", "-C", `${folder}/origin`, ...words]);
      for (let index = 100; index < 300; index++) writeFileSync(`${folder}/origin/file-${index}`, "second\n");
      git("add", ".");
      git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "second");
      git("tag", "v2");
      // Each file takes its time, and one waits until there was a look at the files before.
      const app = (...words: string[]) => Bun.spawnSync(["git", "-C", `${volume}/app`, ...words]);
      const wait = `until [ -e ${folder}/seen ]; do sleep 0.05; done`;
      app("config", "filter.slow.smudge", `sleep 0.02; case %f in *file-220*) ${wait};; esac; cat`);
      writeFileSync(`${volume}/app/.git/info/attributes`, "* filter=slow\n");
      const { child } = machine.start(at("v2"));
      const isUnderWay = () => existsSync(`${volume}/app/file-210`) || child.exitCode !== null;
      while (!isUnderWay()) await Bun.sleep(2);
      const pids = [child.pid, ...(isTree ? descendants(child.pid) : [])];
      for (const pid of pids) process.kill(pid, "SIGKILL");
      await child.exited;
      expect(existsSync(`${volume}/app/file-299`)).toBe(false);
      writeFileSync(`${folder}/seen`, "");
      app("config", "--remove-section", "filter.slow");
      rmSync(`${volume}/app/.git/info/attributes`);
      expect(await machine.run(at("v2"))).toMatchObject({ code: 0 });
      expect(app("status", "--porcelain").stdout.toString()).toBe("");
      expect(readFileSync(`${volume}/app/file-299`, "utf8")).toBe("second\n");
      expect(app("rev-parse", "HEAD").stdout.toString()).toBe(git("rev-parse", "v2").stdout.toString());
    },
    60_000,
  );

  test("ends by SIGTERM, commands and git included, and goes on with the next run", async () => {
    const content = randomBytes(16 * MEBIBYTE);
    using server = await serve((asked, reply) =>
      sendFile(asked, reply, content, { etag: '"1"', pace: 2000 }),
    );
    const machine = new Machine();
    const { volume } = machine;
    origin(`${machine.folder}/origin`);
    const pid = `${volume}/pid`;
    const manifest = (command: string) => ({
      git_repos: [{ url: `${machine.folder}/origin`, dest: `${volume}/app`, post_commands: [command] }],
      downloads: [{ url: server.url("/x"), dest: `${volume}/x` }],
    });
    const { child, ended } = machine.start(manifest(`trap "" TERM; echo $$ >${pid}; sleep 1000`));
    while (!existsSync(pid) || server.sent.bytes < MEBIBYTE) await Bun.sleep(5);
    child.kill("SIGTERM");
    const { code, output } = await ended();
    expect(code).toBe(1);
    expect(output).toContain("Interrupted, goes on at the next run");
    const number = readFileSync(pid, "utf8").trim();
    // Its new parent may wait for it later.
    while (isAlive(number)) await Bun.sleep(5);
    server.sent.bytes = 0;
    expect(await machine.run(manifest("true"))).toMatchObject({ code: 0 });
    expect(server.sent.bytes).toBeLessThan(content.length);
    expect(sha256(new Uint8Array(readFileSync(`${volume}/x`)))).toBe(sha256(content));
  }, 60_000);

  test.each([
    ["a full disk", "mount -t tmpfs -o size=4m tmpfs", /x: failed: .*(room|space|free)/i],
    [
      "a read-only volume",
      "mount -t tmpfs -o ro tmpfs",
      /x: failed: .*expected a writable directory, got EROFS/,
    ],
  ])(
    "on %s says why, and does all else",
    async (_, mount, reason) => {
      const content = randomBytes(8 * MEBIBYTE);
      using server = await serve((asked, reply) => sendFile(asked, reply, content, { etag: '"1"' }));
      const machine = new Machine();
      const { volume, folder } = machine;
      origin(`${folder}/origin`);
      const { code, output } = await machine.run(
        {
          downloads: [
            { url: server.url("/x"), dest: `${volume}/x` },
            { url: server.url("/y"), dest: `${folder}/y` },
          ],
          git_repos: [{ url: `${folder}/origin`, dest: `${volume}/app/deep/repo` }],
        },
        `${mount} ${volume}`,
      );
      expect(code).toBe(1);
      expect(output).toMatch(reason);
      expect(existsSync(`${folder}/y`)).toBe(true);
    },
    60_000,
  );
});
