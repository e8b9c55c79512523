import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadPrograms } from "../../src/dropins/load.ts";
import { type CodeBlock, Page, pages } from "./_page.ts";

const folder = mkdtempSync(join(tmpdir(), "docs-code-"));

/** Why a block is wrong, or undefined. */
const checks: Record<string, (text: string) => string | undefined> = {
  sh: shellError,
  ini: dropInError,
  json: (text) => errorOf(() => JSON.parse(text)),
  yaml: (text) => errorOf(() => Bun.YAML.parse(text)),
  dockerfile: dockerfileError,
  mermaid: (text) =>
    /^(?:stateDiagram-v2|flowchart (?:TB|LR)|sequenceDiagram)\n/.test(text) ? undefined : "kind",
  text: () => undefined,
};

function shellError(text: string): string | undefined {
  const { exitCode, stderr } = Bun.spawnSync(["bash", "-n"], { stdin: Buffer.from(text) });
  return exitCode === 0 ? undefined : stderr.toString();
}

function dropInError(text: string): string | undefined {
  const file = join(folder, "block.conf");
  writeFileSync(file, text);
  const { programs, problems } = loadPrograms({ files: [file], env: {} });
  if (problems.length > 0) return problems.map(({ message }) => message).join("\n");
  return programs.length === 0 ? "no program" : undefined;
}

const INSTRUCTION = /^(?:ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|RUN|USER|VOLUME|WORKDIR)\s+\S/;

function dockerfileError(text: string): string | undefined {
  const joined = text.replaceAll(/\\\n/g, " ").split("\n");
  return joined.find((line) => line.trim() !== "" && !line.startsWith("#") && !INSTRUCTION.test(line));
}

function errorOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** What is wrong with a block, as an editor would have it. */
function complaint(path: string, { language, text, line }: CodeBlock): string[] {
  const check = checks[language];
  const error = check === undefined ? `unknown language "${language}"` : check(text);
  return error === undefined ? [] : [`${path}:${line}: ${error}`];
}

test("a mistake in a block of any language is seen", () => {
  const wrong: [language: string, text: string][] = [
    ["sh", "if true; then\n"],
    ["ini", "[program:a]\ncommand=true\nautorestart=maybe\n"],
    ["ini", "[program:a]\ncommand=true\ncomand=false\n"],
    ["json", '{"a": }\n'],
    ["yaml", "a: [b\n"],
    ["dockerfile", "CPOY a b\n"],
    ["mermaid", "graph\n"],
    ["", "anything\n"],
  ];
  const found = wrong.map(([language, text]) => complaint("x.md", { language, text, line: 1 }).length);
  expect(found).toEqual(wrong.map(() => 1));
});

describe("blocks of code are what they say", () => {
  test.each(pages)("%s", (path) => {
    expect(new Page(path).blocks.flatMap((block) => complaint(path, block))).toEqual([]);
  });
});
