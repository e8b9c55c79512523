/** conda and micromamba are not among what tests can install: a stand-in says how they are called, and makes the records. */
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hideChannels } from "../../../src/provision/items/conda-channels.ts";
import { Container } from "./apply-fixture.ts";

/** Installs every word that is no option: by an empty record, as conda keeps them. */
const STAND_IN = `#!/bin/bash
printf '%s\\n' "$*" >>"$LOG"
echo "channels: \${CONDA_CHANNELS:-none}" >>"$LOG"
shift; prefix=$3; shift 3
mkdir -p "$prefix/conda-meta"
while [ $# -gt 0 ]; do
  case $1 in -c) shift 2; continue;; -*) ;; *) name=\${1%%=*}; version=\${1#*=}; [ "$version" = "$1" ] && version=1.0
    echo '{}' >"$prefix/conda-meta/$name-$version-0.json";; esac
  shift
done
`;

function setUp() {
  const container = new Container();
  const tool = `${container.folder}/micromamba`;
  const log = `${container.folder}/log`;
  writeFileSync(tool, STAND_IN, { mode: 0o755 });
  Object.assign(container.env, { MAMBA_EXE: tool, LOG: log });
  mkdirSync(`${container.folder}/envs`);
  const prefix = `${container.folder}/envs/one`;
  const apply = async (block: object) =>
    (await container.apply({ conda_packages: { env: prefix, ...block } }))["conda"];
  return { apply, prefix, lines: () => readFileSync(log, "utf8").trim().split("\n") };
}

test("an environment of conda is made once, and what is there is left alone", async () => {
  const { apply, prefix, lines } = setUp();
  expect(await apply({ packages: ["numpy=1.26"], python: "3.11" })).toBe("done");
  expect(await apply({ packages: ["numpy=1.26"], python: "3.11" })).toBe("unchanged");
  expect(await apply({ packages: ["scipy"], channels: ["bioconda"] })).toBe("done");
  expect(lines()).toEqual([
    `create -y -p ${prefix} -c conda-forge python=3.11 numpy=1.26`,
    "channels: none",
    `install -y -p ${prefix} -c bioconda scipy`,
    "channels: none",
  ]);
});

test("a token in the address of a channel is in no command line", async () => {
  const { apply, prefix, lines } = setUp();
  const secret = "https://user:hunter22@conda.example/one";
  const channels = [secret, "conda-forge"];
  const args = "--channel https://conda.example/t/hunter22/two --no-deps";
  expect(await apply({ packages: ["scipy"], channels, args })).toBe("done");
  expect(lines()).toEqual([
    `create -y -p ${prefix} --no-deps scipy`,
    `channels: ${secret},conda-forge,https://conda.example/t/hunter22/two`,
  ]);
});

test("hideChannels() leaves alone what has no secret", () => {
  expect(hideChannels(["a", "https://conda.example/b"], ["--channel=c", "--no-deps"])).toEqual({
    words: ["-c", "a", "-c", "https://conda.example/b", "--channel=c", "--no-deps"],
    env: {},
  });
});
