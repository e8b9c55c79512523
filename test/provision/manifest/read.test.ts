import { describe, expect, test } from "bun:test";
import { describeProblem } from "../../../src/provision/prepare.ts";
import { readManifest } from "../../../src/provision/manifest/read.ts";

const problems = (text: string) =>
  readManifest(text, "a.yaml", {}).problems.map(({ line, message }) => `${line} ${message}`);

describe("a manifest with mistakes", () => {
  test.each([
    ["version: 2", '1 version: expected 1, got "2"'],
    ["downloads: []", "1 version: expected 1, got nothing"],
    ["- a", "1 manifest: expected a mapping, got a list"],
    [
      "version: 1\ndownlods: []",
      '2 downlods: expected a known key, got "downlods"; did you mean "downloads"?',
    ],
    [
      "version: 1\ndownloads:\n  - url: https://a.b/c\n    dest: c",
      '4 downloads[0].dest: expected an absolute path; with / at its end the server names the file, got "c"',
    ],
    [
      "version: 1\ndownloads:\n  - url: https://a.b/c\n    sha: 1",
      '4 downloads[0].sha: expected a known key, got "sha"; did you mean "sha256"?',
    ],
    [
      "version: 1\npip_packages:\n  packages: [a]\n  pyton: '3.1'",
      '4 pip_packages.pyton: expected a known key, got "pyton"; did you mean "python"?',
    ],
    [
      "version: 1\npip_packages:\n  - packages: [a]\n    python: 3.10",
      '4 pip_packages[0].python: expected a version in quotes such as "3.11", got "3.1"',
    ],
    [
      "version: 1\nwrite_files:\n- path: /x\n  permissions: 0644",
      '4 write_files[0].permissions: expected an octal mode in quotes such as "0644", got "644"',
    ],
    [
      "version: 1\npost_commands:\n- 3",
      '3 post_commands[0]: expected a command, or a mapping with command, got "3"',
    ],
    [
      "version: 1\nsettings: {concurrency: {hf_download: 3}}",
      '2 settings.concurrency.hf_download: expected a known key, got "hf_download"; did you mean "hf_downloads"?',
    ],
    [
      "version: 1\npip_packages: torch",
      '2 pip_packages: expected a mapping such as {packages: [NAME]}, or a list of these, got "torch"',
    ],
    [
      "version: 1\npip_packages: [torch]",
      '2 pip_packages[0]: expected a mapping such as {packages: [NAME]}, got "torch"',
    ],
    [
      "version: 1\ndownloads: [https://a.b/c]",
      '2 downloads[0]: expected a mapping with url, and dest where it goes, got "https://a.b/c"',
    ],
    [
      "version: 1\ndownloads:\n- url: ftp://a.b/c",
      '3 downloads[0].url: expected an http(s) URL, hf:, civitai:, rclone: or s3:, got "ftp://a.b/c"',
    ],
    ["version: 1\ndownloads:", "2 downloads: expected a list of downloads, got nothing"],
  ])("%j is told with line, key, expectation and nearest name", (text, expected) => {
    expect(problems(text)).toContain(expected);
  });

  test("a mistake in the syntax has its line", () => {
    expect(problems("version: 1\ndownloads: [")[0]).toMatch(
      /^\d+ expected YAML or JSON, got a mistake in the syntax/,
    );
  });

  test("the same key twice is a mistake", () => {
    expect(problems("version: 1\ndownloads: []\ndownloads: []")).toHaveLength(1);
  });

  test("aliases that multiply do not fill the memory", () => {
    const bomb = ["version: 1", "a: &a [x, x, x, x, x, x, x, x, x, x]"];
    for (const [name, of] of "bcdefgh".split("").map((letter, index) => [letter, "abcdefg"[index]]))
      bomb.push(`${name}: &${name} [${Array(10).fill(`*${of}`).join(", ")}]`);
    expect(problems(bomb.join("\n"))[0]).toContain("expected YAML");
  });

  test("does not steer the terminal of who reads about them", () => {
    const { problems: told } = readManifest('"a\\e]0;b": 1\nversion: "\\e[31m"', "a.yaml", {});
    expect(told.map(describeProblem).join()).not.toMatch(/\p{Cc}/u);
  });

  test("a token in a URL is not shown", () => {
    const text = "version: 1\non_failure:\n  action: https://hooks.example/?key=hunter22";
    expect(problems(text).join()).not.toContain("hunter22");
  });
});

describe("a right manifest", () => {
  const read = (text: string, env = {}) => readManifest(text, "a.yaml", env);

  test("is the same as YAML and as JSON", () => {
    const yaml = read("version: 1\ndownloads:\n  - url: https://a.b/c\n    dest: /c\n    size: 6.5 GB");
    const json = read('{"version":1,"downloads":[{"url":"https://a.b/c","dest":"/c","size":"6.5 GB"}]}');
    expect(yaml.problems).toEqual([]);
    expect(yaml.manifest).toEqual(json.manifest);
  });

  test("may be empty", () => {
    expect(read("# nothing yet\n").manifest).toEqual({ version: 1 });
  });

  test("has variables replaced, but in commands, which a shell runs", () => {
    const text = [
      "version: 1",
      "downloads: [{url: 'https://a.b/c', dest: '${WORKSPACE:-/workspace}/${NAME:=model}'}]",
      "post_commands: ['echo ${NAME:-x}']",
      "git_repos: [{url: 'https://a.b/r', dest: /r, ref: '${REF}', post_commands: ['echo ${REF}']}]",
    ].join("\n");
    const { manifest, warnings } = read(text, { WORKSPACE: "/data" });
    expect(manifest?.downloads?.[0]?.dest).toBe("/data/model");
    expect(manifest?.post_commands).toEqual(["echo ${NAME:-x}"]);
    expect(manifest?.git_repos?.[0]).toMatchObject({ ref: "", post_commands: ["echo ${REF}"] });
    expect(warnings).toEqual([
      {
        source: "a.yaml",
        line: 4,
        message: "git_repos[0].ref: expected a variable that is set, got ${REF}; an empty text stands in",
      },
    ]);
  });
});
