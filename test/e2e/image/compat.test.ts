import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { buildCompat, COMPAT, COMPAT_BUILD_MILLISECONDS } from "../_compat.ts";
import { inside } from "../_inside.ts";
import { boot, IMAGE, keypair, must } from "../harness.ts";

const ROOT = resolve(import.meta.dir, "../../..");

beforeAll(async () => {
  await buildCompat();
}, COMPAT_BUILD_MILLISECONDS);

/** Debian has had no software-properties-common since trixie; published images are Ubuntu's. */
const commands =
  `gcc g++ make cmake pkg-config ffmpeg sox dos2unix inotifywait rsync git-lfs sudo locale-gen file htop lsof
  lspci dig zstd python3 pip3 netstat lsb_release fakeroot bc`.split(/\s+/);

/** As a layer is built: with errors that end it. */
const asLayer = (script: string, image = COMPAT) => inside(script, image, ["-eo", "pipefail"]);

const missing = (image: string) =>
  asLayer(`for c in ${commands.join(" ")}; do command -v "$c" >/dev/null || echo "$c"; done`, image);

/** The commands with which the flavour installs packages, as the Dockerfile has them. */
const installs = () =>
  /^FROM packages AS compat$[^]*?<<'SCRIPT'\n([^]*?)^SCRIPT$/m.exec(
    readFileSync(`${ROOT}/Dockerfile`, "utf8"),
  )?.[1] ?? "";

describe("the compat flavour", () => {
  test("gap 24: on Ubuntu add-apt-repository is installed, and adds other versions of Python", async () => {
    // What needs Ubuntu's archive says how it is called.
    const told = ["apt-get", "add-apt-repository", "locale-gen", "dpkg", "ln"];
    const tools = told.map((name) => `${name}() { echo ${name} "$@"; }`);
    const rest = [
      "apt-cache() { echo known; }",
      "ldconfig() { echo 'libtcmalloc_minimal.so.4 (x) => /x'; }",
      "sed() { :; }",
    ];
    // Without pipefail, as in the Dockerfile: a reader that has seen enough leaves.
    const release = "mkdir -p /etc; echo ID=ubuntu >/etc/os-release; rm() { :; }";
    const called = await inside([...tools, ...rest, release, installs()].join("\n"), IMAGE, ["-e"]);
    expect(called).toMatch(/^apt-get -q install .* software-properties-common /m);
    expect(called).toMatch(/^add-apt-repository .*ppa:deadsnakes\/ppa$/m);
  });

  test("has what layers of later images call without installing it; the slim one has not", async () => {
    expect(await missing(COMPAT)).toBe("");
    expect((await missing(IMAGE)).split("\n").toSorted()).toEqual(
      commands.filter((name) => name !== "bc").toSorted(),
    );
  });

  test("finds libtcmalloc.so by that name, also after the cache of the linker was made anew", async () => {
    const preloaded = "LD_PRELOAD=libtcmalloc.so grep -c tcmalloc /proc/self/maps";
    expect(Number(await asLayer(`rm /etc/ld.so.cache; ldconfig; ${preloaded}`))).toBeGreaterThan(0);
  });

  test("has the locale en_US.UTF-8, and makes it again without an error", async () => {
    expect(await asLayer('LC_ALL=en_US.UTF-8 locale -k LC_TIME | sed -n "s/^abday=//p"')).toStartWith(
      '"Sun;Mon',
    );
    // The stand-in base has no file of aliases, which it tells.
    await asLayer("export LANG=en_US.UTF-8; locale-gen $LANG >/dev/null 2>&1");
  });

  test("has the variables of later images", async () => {
    const format = "{{range .Config.Env}}{{println .}}{{end}}";
    const lines = (await must(["docker", "image", "inspect", "--format", format, COMPAT])).split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "AI_DOCK_FLAVOUR=compat",
        "USER_NAME=user",
        "TZ=UTC",
        "PYTHONUNBUFFERED=true",
        "VENV_DIR=/opt/environments/python",
      ]),
    );
    expect(lines.find((line) => line.startsWith("USER_GROUPS="))).not.toContain("=,");
  });

  test("carries no key that two containers must not share", async () => {
    const found =
      "find /etc/ssl/private /etc/ssh -type f -name '*key*'; find /var/lib/apt/lists /tmp -type f -size +0";
    expect(await asLayer(found)).toBe("");
  });

  test("boots with an account that becomes root without a password, and whose login has the environment", async () => {
    const key = await keypair();
    await using container = await boot({
      image: COMPAT,
      env: { SSH_PUBKEY: key.public, TOKEN: "of the test" },
    });
    await container.waitReady();
    expect(await container.sh("id -un; sudo -n id -u", { user: "user" })).toBe("user\n0");
    const source = 'source /opt/ai-dock/etc/environment.sh; echo "$TOKEN"';
    expect(await container.sh(source, { user: "user" })).toBe("of the test");
    expect((await container.ssh("sudo -n env-store HOME; echo $?", { key, user: "user" })).stdout).toBe(
      "0\n",
    );
    expect(await container.logs()).not.toMatch(/ (warn|error) (account|stored|shell) /);
  });
});
