import { expect, test } from "bun:test";
import { splitEntries } from "../../../src/provision/manifest/entries.ts";
import { layerManifests } from "../../../src/provision/manifest/layer.ts";
import { readLists, readMerged } from "../../../src/provision/manifest/lists.ts";

test.each([
  ["ffmpeg;libgl1; htop;", ["ffmpeg", "libgl1", "htop"]],
  ["ffmpeg,libgl1", ["ffmpeg", "libgl1"]],
  ["torch>=2.4,<2.6,numpy", ["torch>=2.4,<2.6", "numpy"]],
  ["transformers[torch,vision],numpy", ["transformers[torch,vision]", "numpy"]],
  ["https://a.b/[x,https://c.d/y", ["https://a.b/[x", "https://c.d/y"]],
  ["# a comment\nhtop", ["htop"]],
  ["", []],
])("%j is a list of entries", (value, expected) => {
  expect(splitEntries(value)).toEqual(expected);
});

test("variables of lists are manifests", () => {
  const env = {
    WORKSPACE: "/data/",
    PROVISIONING_APT: "ffmpeg;htop",
    PROVISIONING_GIT_REPOS: "https://a.b/org/app.git;https://a.b/org/lib|/opt/lib|v2",
    PROVISIONING_DOWNLOADS: "https://a.b/m.bin|/models/",
    PROVISIONING_POST_COMMANDS: "echo a,b;echo c",
  };
  const manifest = layerManifests(readLists(env).flatMap((read) => read.manifest ?? []));
  expect(manifest.apt_packages).toEqual(["ffmpeg", "htop"]);
  expect(manifest.git_repos).toMatchObject([
    { url: "https://a.b/org/app.git", dest: "/data/app" },
    { url: "https://a.b/org/lib", dest: "/opt/lib", ref: "v2" },
  ]);
  expect(manifest.downloads).toEqual([{ url: "https://a.b/m.bin", dest: "/models/" }]);
  expect(manifest.post_commands).toEqual(["echo a,b", "echo c"]);
});

test("a mistake in a variable is told with its name", () => {
  expect(readLists({ PROVISIONING_DOWNLOADS: "https://a.b/m.bin|models" })[0]?.problems).toEqual([
    {
      source: "PROVISIONING_DOWNLOADS",
      message:
        'downloads[0].dest: expected an absolute path; with / at its end the server names the file, got "models"',
    },
  ]);
});

test("env_merge reads the variables that a manifest names", () => {
  expect(readMerged(["HF_MODELS", "NONE"], { HF_MODELS: "hf:a/b/c|/c" })[0]?.manifest?.downloads).toEqual([
    { url: "hf:a/b/c", dest: "/c" },
  ]);
});

test("of layers, settings of the later win, lists are joined, and the same target is written once", () => {
  const layered = layerManifests([
    {
      version: 1,
      settings: { venv: "/a", concurrency: { git: 2 } },
      downloads: [
        { url: "https://old/x", dest: "/x" },
        { url: "https://old/y", dest: "/y" },
      ],
    },
    { version: 1, settings: { venv: "/b" }, downloads: [{ url: "https://new/x", dest: "/x" }] },
  ]);
  expect(layered).toEqual({
    version: 1,
    settings: { venv: "/b", concurrency: { git: 2 } },
    downloads: [
      { url: "https://old/y", dest: "/y" },
      { url: "https://new/x", dest: "/x" },
    ],
  });
});
