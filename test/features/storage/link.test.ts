import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { Place } from "./place-fixture.ts";

const isRoot = process.getuid?.() === 0;

describe("files of the storage", () => {
  test("are linked into the apps that the image names, folders below included", () => {
    using place = new Place();
    place.put("sd/models/ckpt/a b.safetensors");
    place.put("sd/models/ckpt/sdxl/turbo/c.safetensors");
    place.put("sd/models/lora/style.safetensors");
    place.put("elsewhere/no.bin");
    place.put("sd/models/no.bin");
    expect(place.link()).toBe("Links: 5 made, 0 removed\n");
    expect(place.seen()).toEqual([
      "models/checkpoints/a b.safetensors -> sd/models/ckpt/a b.safetensors",
      "models/checkpoints/sdxl/turbo/c.safetensors -> sd/models/ckpt/sdxl/turbo/c.safetensors",
      "models/loras/style.safetensors -> sd/models/lora/style.safetensors",
      "other/a b.safetensors -> sd/models/ckpt/a b.safetensors",
      "other/sdxl/turbo/c.safetensors -> sd/models/ckpt/sdxl/turbo/c.safetensors",
    ]);
    expect(readFileSync(`${place.app}/other/a b.safetensors`, "utf8")).toBe("sd/models/ckpt/a b.safetensors");
    expect(place.link()).toBe("Links: 0 made, 0 removed\n");
  });

  test("of a folder belong to that alone, not to one whose name begins alike", () => {
    using place = new Place();
    place.put("sd/models/vae_approx/x.pt");
    place.link();
    expect(place.seen()).toEqual(["models/upscale/x.pt -> sd/models/vae_approx/x.pt"]);
  });

  test("with names that begin with a dot are none of the apps' business", () => {
    using place = new Place();
    place.put("sd/models/ckpt/.part");
    place.put("sd/models/ckpt/.cache/x");
    place.link();
    expect(place.seen()).toEqual([]);
  });

  test("never replace what the user has put into the app", () => {
    using place = new Place();
    place.put("sd/models/lora/mine.safetensors");
    place.put("sd/models/lora/linked.safetensors");
    place.put("sd/models/lora/folder.safetensors");
    place.own("models/loras/mine.safetensors", "mine");
    place.own("elsewhere.safetensors");
    symlinkSync("../../elsewhere.safetensors", `${place.app}/models/loras/linked.safetensors`);
    symlinkSync("/nowhere", `${place.app}/models/loras/dangling.safetensors`);
    mkdirSync(`${place.app}/models/loras/folder.safetensors`);
    const before = place.seen();
    expect(place.link()).toBe("Links: 0 made, 0 removed, 3 names taken by files of the app\n");
    expect(place.seen()).toEqual(before);
  });

  test("that have gone leave no link, and take nothing else along", () => {
    using place = new Place();
    place.put("sd/models/lora/old.safetensors");
    place.put("sd/models/lora/deep/er/old.safetensors");
    place.put("sd/models/lora/stays.safetensors");
    place.link();
    const mine = `${place.storage}/sd/models/lora/under-another-name.safetensors`;
    symlinkSync(mine, `${place.app}/models/loras/mine.safetensors`);
    rmSync(`${place.storage}/sd/models/lora/old.safetensors`);
    rmSync(`${place.storage}/sd/models/lora/deep`, { recursive: true });
    expect(place.link()).toBe("Links: 0 made, 2 removed\n");
    expect(place.seen()).toEqual([
      "models/loras/mine.safetensors -> sd/models/lora/under-another-name.safetensors",
      "models/loras/stays.safetensors -> sd/models/lora/stays.safetensors",
    ]);
  });

  test("of two folders that meet in one of the app: the first wins, the other one follows", () => {
    using place = new Place();
    place.put("sd/models/esrgan/x.pt");
    place.put("sd/models/vae_approx/x.pt");
    place.link();
    expect(place.seen()).toEqual(["models/upscale/x.pt -> sd/models/esrgan/x.pt"]);
    rmSync(`${place.storage}/sd/models/esrgan/x.pt`);
    place.link();
    expect(place.seen()).toEqual(["models/upscale/x.pt -> sd/models/vae_approx/x.pt"]);
  });

  test("wait for an app that is not there yet, whose folder a clone expects to make itself", () => {
    using place = new Place();
    place.map(`storage_map["a"]="/nonexistent-app/models ${place.app}/models"`);
    place.put("a/x");
    place.link();
    expect(existsSync("/nonexistent-app")).toBe(false);
    expect(place.seen()).toEqual(["models/x -> a/x"]);
  });

  test("that the image brings appear in the storage, and in the app", () => {
    using place = new Place();
    mkdirSync(`${place.bundled}/sd/models/lora/deep`, { recursive: true });
    for (const name of ["one.bin", "deep/two.bin", "mine.bin"])
      Bun.spawnSync(["cp", "/dev/null", `${place.bundled}/sd/models/lora/${name}`]);
    place.put("sd/models/lora/mine.bin", "mine");
    place.link();
    expect(readFileSync(`${place.storage}/sd/models/lora/mine.bin`, "utf8")).toBe("mine");
    const target = `${place.bundled}/sd/models/lora/deep/two.bin`;
    expect(readlinkSync(`${place.storage}/sd/models/lora/deep/two.bin`)).toBe(target);
    expect(place.seen()).toEqual(
      ["deep/two.bin", "mine.bin", "one.bin"].map((name) => `models/loras/${name} -> sd/models/lora/${name}`),
    );
    // Another image on the same volume, which does not bring it.
    unlinkSync(target);
    place.link();
    expect(place.seen()).not.toContain("models/loras/deep/two.bin -> sd/models/lora/deep/two.bin");
  });

  test("that the image brings are linked once by containers that begin at once", async () => {
    using place = new Place();
    mkdirSync(`${place.bundled}/sd/models/lora`, { recursive: true });
    for (let file = 0; file < 400; file++) writeFileSync(`${place.bundled}/sd/models/lora/${file}`, "");
    const said = await Promise.all(
      [1, 2, 3].map(async () =>
        new Response(Bun.spawn(place.command("--once"), { stdout: "pipe" }).stdout).text(),
      ),
    );
    expect(said.join("")).not.toContain("not linked there");
    expect(readdirSync(`${place.storage}/sd/models/lora`)).toHaveLength(400);
  });

  test("in a folder that an image of 2024 has linked as a whole are there already", () => {
    using place = new Place();
    place.put("sd/models/lora/pack/x.bin");
    mkdirSync(`${place.app}/models/loras`, { recursive: true });
    symlinkSync(`${place.storage}/sd/models/lora/pack`, `${place.app}/models/loras/pack`);
    place.link();
    expect(place.seen()).toEqual(["models/loras/pack -> sd/models/lora/pack"]);
    expect(readdirSync(`${place.storage}/sd/models/lora/pack`)).toEqual(["x.bin"]);
    rmSync(`${place.storage}/sd/models/lora/pack`, { recursive: true });
    place.link();
    expect(place.seen()).toEqual([]);
  });
});

describe("mappings.sh", () => {
  test("is bash: loops and variables count", () => {
    using place = new Place();
    place.map(`
      for kind in a b; do storage_map[sd/$kind]="${place.app}/$kind"; done
      storage_map[/sd//c/]="$WORKSPACE../opt/App/c"
    `);
    for (const kind of ["a", "b", "c"]) place.put(`sd/${kind}/x`);
    place.link();
    expect(place.seen()).toEqual(["a/x -> sd/a/x", "b/x -> sd/b/x", "c/x -> sd/c/x"]);
  });

  test("leads nowhere but into apps", () => {
    using place = new Place();
    place.map(`
      storage_map[".."]="${place.app}/up"
      storage_map["a"]="relative ${place.storage}/b ${place.app}/good"
    `);
    place.put("a/x");
    const said = place.link();
    expect(said).toContain(`expected a folder of the storage, got ".."`);
    expect(said).toContain(`expected a folder of an app for "a", got "relative"`);
    expect(place.seen()).toEqual(["good/x -> a/x"]);
    expect(existsSync(`${place.storage}/b`)).toBe(false);
  });

  test("that maps nothing is no mistake", () => {
    using place = new Place();
    place.map("declare -A storage_map\n");
    expect(place.link()).toContain("maps no folder of the storage: nothing to do");
  });

  test.skipIf(!isRoot)("of anybody else than root is not evaluated", () => {
    for (const spoil of [
      (path: string) => chownSync(path, 1000, 1000),
      (path: string) => chmodSync(path, 0o666),
      (path: string) => {
        chownSync(path, 0, 1000);
        chmodSync(path, 0o664);
      },
    ]) {
      using place = new Place();
      place.map(`touch "${place.base}/evaluated"`);
      spoil(place.mappings);
      expect(() => place.link()).toThrow("expected a file");
      expect(existsSync(`${place.base}/evaluated`)).toBe(false);
    }
  });
});

describe.skipIf(!isRoot)("the owner of the workspace, for whom root makes links,", () => {
  const OWNER = 1000;
  const owned = () => {
    const place = new Place();
    mkdirSync(`${place.base}/secret`, { mode: 0o700 });
    // The app is on the volume, as with OPT_SYNC.
    renameSync(place.app, `${place.workspace}App`);
    symlinkSync(`${place.workspace}App`, place.app);
    for (const path of [place.workspace, place.storage, `${place.workspace}App`])
      chownSync(path, OWNER, OWNER);
    return place;
  };

  test("gets them by the link of OPT_SYNC, which is root's", () => {
    using place = owned();
    place.put("sd/models/lora/x");
    place.link();
    expect(place.seen()).toEqual(["models/loras/x -> sd/models/lora/x"]);
  });

  test("leads root nowhere by a link in the app", () => {
    using place = owned();
    place.put("sd/models/lora/x");
    mkdirSync(`${place.workspace}App/models`);
    chownSync(`${place.workspace}App/models`, OWNER, OWNER);
    symlinkSync(`${place.base}/secret`, `${place.workspace}App/models/loras`);
    expect(place.link()).toContain("which root does not follow; no links there");
    expect(readdirSync(`${place.base}/secret`)).toEqual([]);
  });

  test("leads root nowhere by links in the storage", () => {
    using place = owned();
    Bun.spawnSync(["touch", `${place.base}/secret/key`]);
    mkdirSync(`${place.storage}/sd/models`, { recursive: true });
    symlinkSync(`${place.base}/secret`, `${place.storage}/sd/models/lora`);
    symlinkSync(`${place.base}/secret`, `${place.storage}/sd/models/vae`);
    place.link();
    expect(place.seen()).toEqual([]);
  });

  test("gets a link to a link of theirs, and no other power", () => {
    using place = owned();
    mkdirSync(`${place.storage}/sd/models/lora`, { recursive: true });
    symlinkSync("/etc/shadow", `${place.storage}/sd/models/lora/x`);
    place.link();
    expect(place.seen()).toEqual(["models/loras/x -> sd/models/lora/x"]);
  });

  test("cannot replace the storage by a link", () => {
    using place = owned();
    renameSync(place.storage, `${place.base}/moved`);
    symlinkSync(`${place.base}/secret`, place.storage);
    expect(() => place.link()).toThrow("there is no folder");
  });
});

describe.skipIf(!isRoot)("as the account", () => {
  const asAccount = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "--"];

  test("links are theirs; a folder that is not costs its own links, with the reason", () => {
    using place = new Place();
    for (const path of [place.base, place.workspace]) chmodSync(path, 0o755);
    mkdirSync(`${place.app}/models/vae`, { recursive: true });
    chownSync(place.app, 1000, 1000);
    chownSync(`${place.app}/models`, 1000, 1000);
    place.put("sd/models/lora/x");
    place.put("sd/models/vae/y");
    const said = place.link(asAccount);
    expect(said).toContain(`"${place.app}/models/vae": EACCES; no links there`);
    expect(place.seen()).toEqual(["models/loras/x -> sd/models/lora/x"]);
  });

  test("no link goes for a folder of the storage that cannot be looked into at the moment", () => {
    using place = new Place();
    for (const path of [place.base, place.workspace]) chmodSync(path, 0o755);
    Bun.spawnSync(["chown", "-R", "1000:1000", place.app]);
    place.put("sd/models/lora/x");
    place.link(asAccount);
    chmodSync(`${place.storage}/sd`, 0o700);
    expect(place.link(asAccount)).toContain("EACCES; no links there");
    expect(place.seen()).toEqual(["models/loras/x -> sd/models/lora/x"]);
  });
});
