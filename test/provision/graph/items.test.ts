import { describe, expect, test } from "bun:test";
import { itemsOf } from "../../../src/provision/graph/items.ts";
import { layerManifests } from "../../../src/provision/manifest/layer.ts";
import { readManifest } from "../../../src/provision/manifest/read.ts";

function itemsFrom(text: string) {
  const { manifest, problems } = readManifest(`version: 1\n${text}`, "a.yaml", {});
  expect(problems).toEqual([]);
  return itemsOf(manifest!, { WORKSPACE: "/workspace/" });
}

const shape = (text: string) =>
  Object.fromEntries(
    itemsFrom(text).items.map(({ id, needs, after }) => [
      id,
      { needs: needs.toSorted(), after: after.toSorted() },
    ]),
  );

describe("items of a manifest", () => {
  test("have names: their id, or the last word of their place, each once", () => {
    const { items } = itemsFrom(`
downloads:
  - { url: 'https://a.b/m.bin?x=1', dest: /models/ }
  - { url: 'https://a.b/n.bin', dest: /other/m.bin }
  - { id: big, url: 'hf:a/b/c', dest: /c }
git_repos: [{ url: 'https://a.b/org/app.git' }]
apt_packages: [a, b]`);
    expect(items.map(({ id }) => id)).toEqual(["apt", "app", "m.bin", "m.bin-2", "big"]);
    expect(items[1]).toMatchObject({ kind: "git", spec: { dest: "/workspace/app" } });
  });

  test("show no token of a URL", () => {
    const { items } = itemsFrom("downloads: [{ url: 'https://me:hunter22@a.b/m?token=hunter22', dest: /m }]");
    expect(JSON.stringify(items.map(({ id, label }) => [id, label]))).not.toContain("hunter22");
  });

  test("wait for what lies around them, and for nothing else", () => {
    expect(
      shape(`
apt_packages: [git]
git_repos: [{ url: 'https://a.b/app', dest: /app }, { url: 'https://a.b/node', dest: /app/nodes/node }]
pip_packages: [{ requirements: [/app/requirements.txt] }, { venv: /v, packages: [x] }]
downloads: [{ url: 'https://a.b/in', dest: /app/models/in }, { url: 'https://a.b/out', dest: /models/out }]`),
    ).toEqual({
      apt: { needs: [], after: [] },
      app: { needs: [], after: ["apt"] },
      node: { needs: ["app"], after: ["apt"] },
      pip: { needs: ["app"], after: ["apt"] },
      "pip-2": { needs: [], after: ["apt"] },
      in: { needs: ["app"], after: [] },
      out: { needs: [], after: [] },
    });
  });

  test("commands come last, one after another, and are not kept by optional items", () => {
    const all = shape(`
downloads: [{ url: 'https://a.b/m', dest: /m }, { url: 'https://a.b/o', dest: /o, optional: true }]
services: [{ name: app, command: run }]
post_commands: [one, two]`);
    expect(all["app"]).toEqual({ needs: [], after: ["m", "o"] });
    expect(all["command"]).toEqual({ needs: ["app", "m"], after: ["o"] });
    expect(all["command-2"]?.needs).toContain("command");
  });

  test("may need others by name and by kind", () => {
    const all = shape(`
downloads: [{ id: model, url: 'https://a.b/m', dest: /m, needs: [git_repos] }]
git_repos: [{ url: 'https://a.b/app' }, { url: 'https://a.b/lib' }]
services: [{ name: app, command: run, needs: [model] }]`);
    expect(all["model"]?.needs).toEqual(["app", "lib"]);
  });

  test.each([
    [
      "downloads: [{ id: a, url: 'https://a.b/a', dest: /a, needs: [b] }, { id: b, url: 'https://a.b/b', dest: /b, needs: [a] }]",
      "downloads[0].needs: expected no cycle, got a → b → a",
    ],
    [
      "downloads: [{ id: model, url: 'https://a.b/a', dest: /a }, { url: 'https://a.b/b', dest: /b, needs: [modell] }]",
      'downloads[1].needs: expected an item of the manifest, got "modell"; did you mean "model"?',
    ],
    [
      "downloads: [{ id: a, url: 'https://a.b/a', dest: /a }, { id: a, url: 'https://a.b/b', dest: /b }]",
      'downloads[1].id: expected a name of its own, got "a" twice',
    ],
    [
      "downloads: [{ url: 'https://a.b/a', dest: /a, when: [gpus] }]",
      'downloads[0].when: expected hf_token_valid, civitai_token_valid, mounted, gpu, serverless, env:NAME or env:NAME=VALUE, got "gpus"',
    ],
    [
      "post_commands: [{ command: a, needs: [git_repos] }]",
      "post_commands[0].needs: expected an item of the manifest, which has no git_repos",
    ],
  ])("with a mistake in their needs are told: %s", (text, message) => {
    expect(itemsFrom(text).problems).toEqual([{ source: "a.yaml", line: 2, message }]);
  });

  test("of several layers are told by the file and the line where they stand", () => {
    const read = (source: string, text: string) =>
      readManifest(`version: 1\npost_commands:\n${text}`, source, {}).manifest!;
    const manifest = layerManifests([
      read("a.yaml", "- echo a\n"),
      read("b.yaml", "- echo b\n- command: echo c\n  needs: [nobody]"),
    ]);
    expect(itemsOf(manifest, {}).problems).toEqual([
      {
        source: "b.yaml",
        line: 5,
        message: 'post_commands[1].needs: expected an item of the manifest, got "nobody"',
      },
    ]);
  });

  test("with the same target are a warning, unless conditions choose", () => {
    const message =
      'downloads[1].dest: expected a path of its own, got "/m" twice; which of the files is there in the end is left to chance';
    const two = (when: string) =>
      itemsFrom(`downloads: [{ url: 'https://a.b/a', dest: /m }, { url: 'https://a.b/b', dest: /m${when} }]`);
    expect(two("")).toMatchObject({ problems: [], warnings: [{ source: "a.yaml", line: 2, message }] });
    expect(two(", when: gpu").warnings).toEqual([]);
  });
});
