import { describe, expect, test } from "bun:test";
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { requireRoom } from "../../../src/features/opt-sync/room.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";
import { canMount, digest, must, Place } from "./place-fixture.ts";

describe.skipIf(!canMount)("a volume that cannot take the app leaves it whole in the container:", () => {
  const stays = (place: Place, reason: RegExp) => {
    const { outcome } = place.sync();
    expect([outcome.state, outcome.moved]).toEqual(["container", false]);
    expect(outcome.reason).toMatch(reason);
    expect(digest(`${place.opt}/App`)).toEqual(digest(`${place.image}/App`));
  };

  test("too small, before a byte is copied", () => {
    using place = new Place({ tmpfs: "size=18m" });
    stays(place, /MiB are needed in ".*", 18 MiB are free/);
    expect(readdirSync(place.workspace)).toEqual([]);
  });

  test("too few inodes", () => {
    using place = new Place({ tmpfs: "size=64m,nr_inodes=30" });
    stays(place, /\d+ inodes are needed in ".*", \d+ are free/);
  });

  test("but one that tells no sizes at all, as some in user space, has room", () => {
    using silent = DirectoryHandle.open("/proc/self/net");
    const size = { files: 1, bytes: 1, room: 4096, entries: 1, fingerprint: "", state: "" };
    expect(() => requireRoom(silent, "App", size, "/workspace/")).not.toThrow();
  });

  test("full while it is copied; moved once there is room", async () => {
    using place = new Place({ tmpfs: "size=160m" });
    writeFileSync(`${place.image}/App/huge`, Buffer.alloc(80_000_000, "huge"));
    let said = "";
    for (let attempt = 0; attempt < 20 && !said.includes("is full"); attempt++) {
      rmSync(`${place.workspace}App`, { recursive: true, force: true });
      rmSync(`${place.workspace}theirs`, { force: true });
      place.newContainer();
      const child = Bun.spawn(place.command("App"), { stdout: "pipe" });
      const huge = `${place.workspace}.ai-dock-sync/App/huge`;
      while (!existsSync(huge) && isAlive(child.pid));
      child.kill("SIGSTOP");
      // Somebody else takes the room that was free a moment ago.
      Bun.spawnSync(["sh", "-c", `head -c 200m /dev/zero > ${place.workspace}theirs`], { stderr: "ignore" });
      child.kill("SIGCONT");
      said = await new Response(child.stdout).text();
    }
    expect(said).toContain("stays in the container");
    expect(readdirSync(place.workspace)).toEqual(["theirs"]);
    expect(digest(`${place.opt}/App`)).toEqual(digest(`${place.image}/App`));
    rmSync(`${place.workspace}theirs`);
    expect(place.sync().outcome).toMatchObject({ state: "volume", moved: true });
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
  });

  test("of a container whose root is read-only, and which gets no copy in vain", () => {
    using place = new Place({ overlay: true });
    must("mount", "-o", "remount,ro", place.opt);
    stays(place, /EROFS/);
    expect(readdirSync(place.workspace)).toEqual([]);
  });

  test("read-only", () => {
    using place = new Place({ tmpfs: "size=64m" });
    must("mount", "-o", "remount,ro", place.workspace);
    stays(place, /EROFS/);
  });

  test("on which root may not give files away, as on NFS with root squashed", () => {
    using place = new Place();
    const { outcome } = place.sync("App", ["setpriv", "--bounding-set=-chown", "--inh-caps=-chown"]);
    expect(outcome.state).toBe("container");
    expect(outcome.reason).toMatch(/keeps no owners \(is root squashed there\?\) \(EPERM\)/);
    expect(readdirSync(place.workspace)).toEqual([]);
  });
});

/** False for a process that has ended, waited for or not. */
const isAlive = (pid: number) => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
};

describe.skipIf(!canMount)("the owner of the workspace leads root nowhere:", () => {
  const OWNER = 1000;
  const owned = () => {
    const place = new Place();
    chownSync(place.workspace, OWNER, OWNER);
    mkdirSync(`${place.base}/secret`, { mode: 0o700 });
    writeFileSync(`${place.base}/secret/key`, "root's", { mode: 0o600 });
    return place;
  };
  const unchanged = (place: Place) => {
    expect(readdirSync(`${place.base}/secret`)).toEqual(["key"]);
    expect(lstatSync(`${place.base}/secret`).mode & 0o777).toBe(0o700);
  };

  test("a link in the place of the app", () => {
    using place = owned();
    symlinkSync(`${place.base}/secret`, `${place.workspace}App`);
    const { outcome } = place.sync();
    expect(outcome.state).toBe("container");
    expect(outcome.reason).toContain("got a link or a file");
    unchanged(place);
  });

  test("a link in the place of the copy", () => {
    using place = owned();
    symlinkSync(`${place.base}/secret`, `${place.workspace}.ai-dock-sync`);
    expect(place.sync().outcome.state).toBe("volume");
    unchanged(place);
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
  });

  test("a directory of their own in the place of the copy, with links in it", () => {
    using place = owned();
    const staged = `${place.workspace}.ai-dock-sync`;
    mkdirSync(staged);
    symlinkSync(`${place.base}/secret`, `${staged}/App`);
    symlinkSync(`${place.base}/secret/key`, `${staged}/lock`);
    chownSync(staged, OWNER, OWNER);
    const { outcome, said } = place.sync();
    expect(outcome.state).toBe("volume");
    expect(said).toContain("expected a directory of ours, got something else; moved to");
    unchanged(place);
    expect(readFileSync(`${place.base}/secret/key`, "utf8")).toBe("root's");
  });

  test("a private directory of root's that they have renamed to the place of the copy", () => {
    using place = owned();
    mkdirSync(`${place.workspace}.ai-dock-sync/App`, { recursive: true, mode: 0o700 });
    writeFileSync(`${place.workspace}.ai-dock-sync/App/notes`, "root's notes");
    expect(place.sync().outcome.state).toBe("volume");
    expect(existsSync(`${place.workspace}App/notes`)).toBe(false);
    const aside = readdirSync(place.workspace).find((name) => name.startsWith(".ai-dock-sync.refused"));
    expect(readFileSync(`${place.workspace}${aside}/App/notes`, "utf8")).toBe("root's notes");
  });

  test("a directory that they swap for a link all the time", async () => {
    using place = owned();
    must("chmod", "a+x", place.base);
    const swap = `cd ${place.workspace}
      while :; do
        mv .ai-dock-sync aside; ln -s ${place.base}/secret .ai-dock-sync; ln -s ${place.base}/secret App
        rm -f .ai-dock-sync App; mv -T aside .ai-dock-sync
      done`;
    const user = ["setpriv", `--reuid=${OWNER}`, `--regid=${OWNER}`, "--clear-groups", "sh", "-c", swap];
    const attacker = Bun.spawn(user, { stderr: "ignore" });
    try {
      for (let round = 0; round < 10; round++) {
        place.newContainer();
        Bun.spawnSync(["rm", "-rf", `${place.workspace}App`]);
        const child = Bun.spawn(place.command("App"), { stdout: "ignore", stderr: "ignore" });
        await child.exited;
        unchanged(place);
        if (lstatSync(`${place.opt}/App`).isDirectory())
          expect(digest(`${place.opt}/App`)).toEqual(digest(`${place.image}/App`));
      }
    } finally {
      attacker.kill("SIGKILL");
      await attacker.exited;
    }
  });

  test("links in the app itself, which stay links", () => {
    using place = owned();
    symlinkSync(`${place.base}/secret`, `${place.opt}/App/outside`);
    place.sync();
    expect(lstatSync(`${place.workspace}App/outside`).isSymbolicLink()).toBe(true);
    unchanged(place);
  });

  test("a link in the place of the app's mark", () => {
    using place = owned();
    must("cp", "-a", `${place.image}/App`, `${place.workspace}App`);
    symlinkSync(`${place.base}/secret/new`, `${place.workspace}App/.move_complete`);
    expect(place.sync().outcome.state).toBe("container");
    unchanged(place);
  });
});
