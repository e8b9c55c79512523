import { describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { replaceByLink } from "../../../src/features/opt-sync/link.ts";
import { optSyncNames } from "../../../src/features/opt-sync/names.ts";
import { getXattr, setXattr } from "../../../src/sys/xattr.ts";
import { grantUser } from "../../../src/sys/acl.ts";
import { DirectoryHandle } from "../../../src/sys/directory-handle.ts";
import { canLoop, canMount, digest, must, Place } from "./place-fixture.ts";

/** Runs a command in a user namespace that has the users of the test's app, and not many more. */
const fewUsers = [
  "sh",
  "-c",
  `unshare -U sh -c 'kill -STOP $$; exec "$@"' sh "$@" & child=$!
  until grep -q '^State:.T' /proc/$child/status; do :; done
  for map in uid_map gid_map; do echo 0 0 2000 > /proc/$child/$map; done
  kill -CONT $child; wait $child`,
  "sh",
];
const canMap = canMount && Bun.spawnSync([...fewUsers, "true"]).success;

test("names of OPT_SYNC are those of directories in /opt, and none of ours", () => {
  const bad = ["..", "../x", "/etc", "a/b", ".hidden", "-rf", "ai-dock", "storage", "home", "a\nb", "a b"];
  expect(optSyncNames(["ComfyUI", ...bad, "stable-diffusion-webui", "ComfyUI"])).toEqual({
    names: ["ComfyUI", "stable-diffusion-webui"],
    refused: bad,
  });
});

describe.skipIf(!canMount)("a directory of /opt", () => {
  for (const overlay of [false, true]) {
    test(`is moved with all that it is, ${overlay ? "from the layers of an image" : "by a swap"}`, () => {
      using place = new Place({ overlay });
      const wanted = digest(`${place.image}/App`);
      const { outcome } = place.sync();
      expect(outcome).toEqual({ name: "App", state: "volume", moved: true, reason: null });
      expect(readlinkSync(`${place.opt}/App`)).toBe(`${place.workspace}App`);
      expect(digest(`${place.workspace}App`)).toEqual(wanted);
      expect([readdirSync(place.workspace), readdirSync(place.opt)]).toEqual([["App"], ["App"]]);
    });
  }

  test("is moved to a file system that knows no flags of rename, as NFS and most of FUSE", () => {
    using place = new Place();
    const fixture = `${import.meta.dir}/../../fixtures/failing-call-fixture.ts`;
    const flagless = [process.execPath, fixture, "rename-flags"];
    expect(place.sync("App", flagless).outcome).toMatchObject({ state: "volume", reason: null });
    expect(readlinkSync(`${place.opt}/App`)).toBe(`${place.workspace}App`);
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
    expect([readdirSync(place.workspace), readdirSync(place.opt)]).toEqual([["App"], ["App"]]);
  });

  test.skipIf(!canLoop)("is moved to a file system that counts times in seconds", () => {
    using place = new Place({ seconds: true });
    expect(place.sync().outcome).toMatchObject({ state: "volume", reason: null });
    const inSeconds = (lines: string[]) => lines.map((line) => line.replace(/(?<=:\d+ \d+)\d{3}\b/, ""));
    expect(inSeconds(digest(`${place.workspace}App`))).toEqual(inSeconds(digest(`${place.image}/App`)));
  });

  test.skipIf(!canMap)("is moved in a container that has few users, as with --userns=auto of Podman", () => {
    using place = new Place();
    expect(place.sync("App", fewUsers).outcome).toMatchObject({ state: "volume", reason: null });
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
  });

  test("is only linked where the volume has it already: what its user has made there stays", () => {
    using place = new Place({ overlay: true });
    place.sync();
    writeFileSync(`${place.workspace}App/main.py`, "print('mine')\n");
    rmSync(`${place.workspace}App/large`);
    const theirs = digest(`${place.workspace}App`);
    place.newContainer();
    expect(place.sync().outcome).toEqual({ name: "App", state: "volume", moved: false, reason: null });
    expect(digest(`${place.workspace}App`)).toEqual(theirs);
    expect(readFileSync(`${place.opt}/App/main.py`, "utf8")).toBe("print('mine')\n");
  });

  test("of another version of the image leaves that of the volume in use, and says so", () => {
    using place = new Place();
    place.sync();
    writeFileSync(`${place.image}/App/main.py`, "print('version 2')\n");
    place.newContainer();
    const { outcome } = place.sync();
    expect(outcome.state).toBe("volume");
    expect(outcome.reason).toContain("is of another version of the image, and is kept");
    expect(readFileSync(`${place.opt}/App/main.py`, "utf8")).toBe("print('app')\n");
  });

  test("that an image of 2024 has moved is taken over by its mark", () => {
    using place = new Place();
    must("cp", "-a", `${place.image}/App`, `${place.workspace}App`);
    writeFileSync(`${place.workspace}App/.move_complete`, "1");
    rmSync(`${place.workspace}App/main.py`);
    expect(place.sync().outcome.state).toBe("volume");
    expect(existsSync(`${place.opt}/App/main.py`)).toBe(false);
  });

  test("stays where the volume has another one of that name, which is not touched", () => {
    using place = new Place();
    mkdirSync(`${place.workspace}App`);
    writeFileSync(`${place.workspace}App/mine`, "mine");
    const { outcome } = place.sync();
    expect(outcome.state).toBe("container");
    expect(outcome.reason).toMatch(/\d+ of \d+ entries of the app are missing in ".*\/workspace\/App"/);
    expect(readdirSync(`${place.workspace}App`)).toEqual(["mine"]);
    expect(digest(`${place.opt}/App`)).toEqual(digest(`${place.image}/App`));
  });

  test("goes on where an earlier boot was cut off, within a file, too", () => {
    using place = new Place();
    const staged = `${place.workspace}.ai-dock-sync`;
    mkdirSync(`${staged}/App`, { recursive: true, mode: 0o700 });
    writeFileSync(`${staged}/lock`, "Copies of /opt that ai-dock is making (OPT_SYNC)\n");
    // As large as said, but not what was written: a machine that lost power.
    writeFileSync(`${staged}/App/main.py`, "PRINT('APP')\n");
    must("touch", "-r", `${place.opt}/App/main.py`, `${staged}/App/main.py`);
    writeFileSync(`${staged}/App/large`, Buffer.alloc(2_500_000, "large"));
    const odd = 'odd "\nname" ';
    writeFileSync(`${place.image}/App/${odd}`, "odd");
    must("cp", "-a", `${place.image}/App/${odd}`, `${place.opt}/App/${odd}`);
    writeFileSync(`${staged}/App/${odd}`, "ODD");
    must("touch", "-r", `${place.opt}/App/${odd}`, `${staged}/App/${odd}`);
    writeFileSync(`${staged}/App/too-many`, "");
    const { outcome } = place.sync();
    expect(outcome.reason).toBeNull();
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
  });

  test("gives the users whom the workspace names what its owner may do, and no look at private files", () => {
    using place = new Place();
    grantUser(place.workspace, 4321);
    place.sync();
    const as4321 = (script: string) =>
      Bun.spawnSync(["setpriv", "--reuid=4321", "--regid=4321", "--clear-groups", "sh", "-c", script], {
        cwd: place.workspace,
      }).success;
    must("chmod", "a+x", place.base);
    expect(as4321("echo more >> App/main.py && echo new > App/models/new && rm App/models/soft")).toBe(true);
    expect(as4321("cat App/private/key")).toBe(false);
    expect(as4321("ls App/private")).toBe(false);
  });

  test("keeps extended attributes", () => {
    using place = new Place();
    setXattr(`${place.opt}/App/main.py`, "trusted.origin", Buffer.from("here"));
    place.sync();
    expect(String(getXattr(`${place.workspace}App/main.py`, "trusted.origin"))).toBe("here");
  });

  test("is moved once, though two containers begin at once", async () => {
    using place = new Place({ files: 300 });
    const [first, second] = [place.command("App"), place.command("App")];
    const opt = place.newContainer();
    second[second.findIndex((word) => word.startsWith("--opt="))] = `--opt=${opt}`;
    const results = await Promise.all(
      [first, second].map(async (command) => {
        const child = Bun.spawn(command, { stdout: "pipe" });
        return await new Response(child.stdout).text();
      }),
    );
    expect(
      results.map((text) => /is in ".*" now|is used from/.exec(text)?.[0].slice(0, 5) ?? "").toSorted(),
    ).toEqual(["is in", "is us"]);
    expect(digest(`${place.workspace}App`)).toEqual(digest(`${place.image}/App`));
    expect(readdirSync(place.workspace)).toEqual(["App"]);
  });

  test("stays while another container has the lock and gives no sign of life", () => {
    using place = new Place();
    const staged = `${place.workspace}.ai-dock-sync`;
    mkdirSync(staged, { mode: 0o700 });
    writeFileSync(`${staged}/lock`, "Copies of /opt that ai-dock is making (OPT_SYNC)\n");
    const holder = Bun.spawn(["flock", "--no-fork", `${staged}/lock`, "sleep", "600"]);
    try {
      while (Bun.spawnSync(["flock", "--nonblock", `${staged}/lock`, "true"]).success) Bun.sleepSync(10);
      const { outcome } = place.sync();
      expect(outcome.state).toBe("container");
      expect(outcome.reason).toContain("another container has the lock");
    } finally {
      holder.kill();
    }
  });

  test("that was in use before OPT_SYNC was set is never given up for another copy", () => {
    using place = new Place();
    Bun.sleepSync(20);
    writeFileSync(`${place.opt}/App/models/output.png`, "a picture");
    must("cp", "-a", `${place.image}/App`, `${place.workspace}App`);
    writeFileSync(`${place.workspace}App/.move_complete`, "1");
    const { outcome } = place.sync();
    expect(outcome.state).toBe("container");
    expect(outcome.reason).toContain("models/output.png");
    expect(readFileSync(`${place.opt}/App/models/output.png`, "utf8")).toBe("a picture");
    // The volume is free again: both are there afterwards.
    renameSync(`${place.workspace}App`, `${place.workspace}Old`);
    expect(place.sync().outcome.state).toBe("volume");
    expect(readFileSync(`${place.workspace}App/models/output.png`, "utf8")).toBe("a picture");
  });

  test("takes along what somebody does in it while it is copied", async () => {
    using place = new Place();
    writeFileSync(`${place.image}/App/huge`, Buffer.alloc(80_000_000, "huge"));
    place.newContainer();
    const child = Bun.spawn(place.command("App"), { stdout: "pipe" });
    while (!existsSync(`${place.workspace}.ai-dock-sync/App/huge`) && child.exitCode === null);
    child.kill("SIGSTOP");
    // Both are copied already: names come in order.
    writeFileSync(`${place.opt}/App/dated`, "new");
    writeFileSync(`${place.opt}/App/dangling.txt`, "new");
    const wanted = digest(`${place.opt}/App`);
    child.kill("SIGCONT");
    expect(await new Response(child.stdout).text()).toContain("something was changed meanwhile");
    expect(readlinkSync(`${place.opt}/App`)).toBe(`${place.workspace}App`);
    expect(digest(`${place.workspace}App`)).toEqual(wanted);
  });

  for (const overlay of [false, true]) {
    test(`that is found changed at the last moment stays, ${overlay ? "in the layers of an image" : "after a swap"}`, () => {
      using place = new Place({ overlay });
      const refuse = () => {
        throw new Error("changed");
      };
      {
        using opt = DirectoryHandle.open(place.opt);
        expect(() => replaceByLink(opt, "App", "/nowhere", refuse)).toThrow("changed");
      }
      expect(digest(`${place.opt}/App`)).toEqual(digest(`${place.image}/App`));
      expect(place.sync().outcome.state).toBe("volume");
      expect(readdirSync(place.opt)).toEqual(["App"]);
    });
  }

  test("is linked where a boot was killed after the copy of what had been changed", () => {
    using place = new Place();
    Bun.sleepSync(20);
    writeFileSync(`${place.opt}/App/output.png`, "a picture");
    must("cp", "-a", `${place.opt}/App`, `${place.workspace}App`);
    writeFileSync(`${place.workspace}App/.move_complete`, "1");
    must("touch", "-r", `${place.opt}/App`, `${place.workspace}App`);
    expect(place.sync().outcome.state).toBe("volume");
    expect(readFileSync(`${place.opt}/App/output.png`, "utf8")).toBe("a picture");
  });

  test("never takes files of a volume with it that appears in it at the last moment", () => {
    using place = new Place({ overlay: true });
    const mount = () => {
      mkdirSync(`${place.base}/mine`);
      writeFileSync(`${place.base}/mine/mine`, "mine");
      place.mount("--bind", `${place.base}/mine`, `${place.opt}/App/models`);
    };
    using opt = DirectoryHandle.open(place.opt);
    expect(() => replaceByLink(opt, "App", "/nowhere", mount)).toThrow("a volume is mounted at");
    expect(readFileSync(`${place.base}/mine/mine`, "utf8")).toBe("mine");
  });

  test("that is half removed is never taken for the app", () => {
    using place = new Place({ overlay: true });
    symlinkSync(`${place.workspace}App`, `${place.opt}/.App.opt-sync-removing`);
    rmSync(`${place.opt}/App/main.py`);
    const { outcome } = place.sync();
    expect(outcome.state).toBe("broken");
    expect(outcome.reason).toContain("make a new container");
    expect(readdirSync(place.workspace)).toEqual([]);
  });

  test("in which a volume is mounted stays, with all that is on that volume", () => {
    using place = new Place();
    mkdirSync(`${place.base}/models`);
    writeFileSync(`${place.base}/models/mine`, "mine");
    place.mount("--bind", `${place.base}/models`, `${place.opt}/App/models`);
    const { outcome } = place.sync();
    expect(outcome.state).toBe("container");
    expect(outcome.reason).toContain("a volume is mounted at");
    expect(readFileSync(`${place.base}/models/mine`, "utf8")).toBe("mine");
  });

  test("says what is not there", () => {
    using place = new Place();
    expect(place.sync("Missing").outcome).toEqual({
      name: "Missing",
      state: "absent",
      moved: false,
      reason: `there is no directory "${place.opt}/Missing"`,
    });
  });
});
