import { afterEach, describe, expect, test } from "bun:test";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Place, until } from "./place-fixture.ts";

const canMount = process.getuid?.() === 0 && spawnSync("unshare", ["-m", "true"]).status === 0;

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

/** Starts the program, and waits until it follows the storage. */
async function follow(place: Place): Promise<ChildProcess> {
  const child = start(place);
  place.put("sd/models/lora/ready.bin");
  await until(() => place.seen(), ["models/loras/ready.bin -> sd/models/lora/ready.bin"]);
  rmSync(`${place.storage}/sd/models/lora/ready.bin`);
  await until(() => place.seen(), []);
  return child;
}

function start(place: Place): ChildProcess {
  const [file, ...words] = place.command();
  const child = spawn(file, words, { stdio: "ignore" });
  running.add(child);
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<[number | null, string | null]>((resolve) => {
    child.on("exit", (code, signal) => resolve([code, signal]));
  });

const KILLS = 50;

describe("storagemonitor", () => {
  test("links files as they come, in folders that come with them", async () => {
    using place = new Place();
    await follow(place);
    place.put("sd/models/ckpt/a/b/c/deep.bin");
    place.put("sd/models/vae/flat.bin");
    await until(
      () => place.seen(),
      [
        "models/checkpoints/a/b/c/deep.bin -> sd/models/ckpt/a/b/c/deep.bin",
        "models/vae/flat.bin -> sd/models/vae/flat.bin",
        "other/a/b/c/deep.bin -> sd/models/ckpt/a/b/c/deep.bin",
      ],
    );
  });

  test.skipIf(!canMount)(
    "follows one folder that is mounted at two places, and rests in between",
    async () => {
      using place = new Place();
      place.put("sd/models/ckpt/twice.bin");
      mkdirSync(`${place.storage}/sd/models/lora`);
      const mount = `mount --bind '${place.storage}/sd/models/ckpt' '${place.storage}/sd/models/lora'`;
      const [file, ...words] = place.command();
      const child = spawn("unshare", ["-m", "sh", "-c", `${mount} && exec "$@"`, "sh", file, ...words], {
        stdio: "ignore",
      });
      running.add(child);
      const seen = (name: string) => [
        `models/checkpoints/${name} -> sd/models/ckpt/${name}`,
        `models/loras/${name} -> sd/models/lora/${name}`,
        `other/${name} -> sd/models/ckpt/${name}`,
      ];
      await until(() => place.seen(), seen("twice.bin"));
      rmSync(`${place.storage}/sd/models/ckpt/twice.bin`);
      place.put("sd/models/ckpt/later.bin");
      await until(() => place.seen(), seen("later.bin"));
      await until(() => /^State:\s+S/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8")), true);
    },
  );

  test("links what is there where the kernel gives no inotify, and goes on", async () => {
    using place = new Place();
    place.put("sd/models/lora/there.bin");
    const none = `echo 0 > /proc/sys/user/max_inotify_instances && exec "$@"`;
    const child = spawn("unshare", ["-Ur", "sh", "-c", none, "sh", ...place.command()], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    running.add(child);
    let said = "";
    child.stdout?.on("data", (chunk) => (said += String(chunk)));
    await until(() => place.seen(), ["models/loras/there.bin -> sd/models/lora/there.bin"]);
    await until(
      () => said.includes("gives no inotify (fs.inotify.max_user_instances); looking every 60 s"),
      true,
    );
    await until(() => /^State:\s+S/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8")), true);
    expect(child.exitCode).toBeNull();
  });

  test("says no line that the name of a file forges, and moves nobody's cursor", async () => {
    using place = new Place();
    place.put("sd/models/lora/x\nLinks: all is well \u001B[2J");
    const [file, ...words] = place.command();
    const child = spawn(file, words, { stdio: ["ignore", "pipe", "ignore"] });
    running.add(child);
    let said = "";
    child.stdout.on("data", (chunk) => (said += String(chunk)));
    await until(() => said.includes("Links: 1 made"), true);
    expect(said).toContain("x\\nLinks: all is well \\x1b[2J ->");
    expect(said.split("\n").filter((line) => line.startsWith("Links: "))).toEqual([
      "Links: 1 made, 0 removed",
    ]);
  });

  test("follows what is renamed, files and whole folders", async () => {
    using place = new Place();
    await follow(place);
    place.put("sd/models/lora/pack/one.bin");
    place.put("sd/models/lora/two.bin");
    await until(() => place.seen().length, 2);
    renameSync(`${place.storage}/sd/models/lora/two.bin`, `${place.storage}/sd/models/vae-two.bin`);
    renameSync(`${place.storage}/sd/models/lora/pack`, `${place.storage}/sd/models/lora/bundle`);
    await until(() => place.seen(), ["models/loras/bundle/one.bin -> sd/models/lora/bundle/one.bin"]);
    // The folder is still followed under its new name.
    place.put("sd/models/lora/bundle/three.bin");
    await until(() => place.seen().length, 2);
    renameSync(`${place.storage}/sd/models/lora`, `${place.base}/away`);
    await until(() => place.seen(), []);
    writeFileSync(`${place.base}/away/bundle/four.bin`, "");
    place.put("sd/models/vae/end.bin");
    await until(() => place.seen(), ["models/vae/end.bin -> sd/models/vae/end.bin"]);
  });

  test("goes on when the storage is deleted and made anew", async () => {
    using place = new Place();
    await follow(place);
    rmSync(place.storage, { recursive: true });
    mkdirSync(place.storage);
    place.put("sd/models/vae/new.bin");
    await until(() => place.seen(), ["models/vae/new.bin -> sd/models/vae/new.bin"]);
  });

  test("keeps up with 3000 files at once", async () => {
    using place = new Place();
    await follow(place);
    for (let index = 0; index < 3000; index++) place.put(`sd/models/lora/${index % 30}/${index}.bin`, "");
    await until(() => place.seen().length, 3000);
    rmSync(`${place.storage}/sd/models/lora`, { recursive: true });
    await until(() => place.seen(), []);
  });

  test("ends by SIGTERM at once, idle as it is", async () => {
    using place = new Place();
    const child = await follow(place);
    const end = ended(child);
    child.kill("SIGTERM");
    expect(await end).toEqual([null, "SIGTERM"]);
  });

  test("sleeps while nothing happens", async () => {
    using place = new Place();
    const child = await follow(place);
    const switches = () =>
      /^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
    await until(() => /^State:\s+S/m.test(readFileSync(`/proc/${child.pid}/status`, "utf8")), true);
    const before = switches();
    await Bun.sleep(1500);
    expect(switches()).toBe(before);
  });

  test("killed at 50 random moments, while files come and go, loses and doubles nothing", async () => {
    using place = new Place();
    place.own("models/loras/mine.bin", "mine");
    const files = new Set<string>();
    for (let round = 0; round < KILLS; round++) {
      const child = start(place);
      const end = ended(child);
      const timer = setTimeout(() => child.kill("SIGKILL"), 20 + Math.random() * 200);
      for (let index = 0; child.exitCode === null && child.signalCode === null; index++) {
        const file = `sd/models/lora/${index % 5}/${round}-${index}.bin`;
        place.put(file, "");
        files.add(file);
        const gone = [...files][Math.floor(Math.random() * files.size)] ?? "";
        if (index % 3 === 0 && files.delete(gone)) rmSync(`${place.storage}/${gone}`);
        await Bun.sleep(1);
      }
      clearTimeout(timer);
      await end;
    }
    expect(files.size).toBeGreaterThan(100);
    place.link();
    const wanted = [...files].map((file) => `${file.replace("sd/models/lora", "models/loras")} -> ${file}`);
    expect(place.seen().toSorted()).toEqual([...wanted, "models/loras/mine.bin"].toSorted());
    expect(readFileSync(`${place.app}/models/loras/mine.bin`, "utf8")).toBe("mine");
    expect(place.link()).toBe("Links: 0 made, 0 removed\n");
  }, 120_000);
});
