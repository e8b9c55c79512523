import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Loaded, loadPrograms } from "../../src/dropins/load.ts";
import type { ProgramSpec } from "../../src/programs/spec.ts";

export interface Folder extends Disposable {
  path: string;
}

/** A folder with these files, gone at the end of the scope. */
export function folderOf(files: Record<string, string>): Folder {
  const path = mkdtempSync(join(tmpdir(), "conf-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

/** Loads one drop-in, `x.conf`; messages come without its folder. */
export function load(text: string, env: Record<string, string> = {}): Loaded & { messages: string[] } {
  using folder = folderOf({ "x.conf": text });
  const loaded = loadPrograms({ files: [join(folder.path, "x.conf")], env });
  return {
    ...loaded,
    messages: loaded.problems.map(({ message }) => message.replace(`${folder.path}/`, "")),
  };
}

/** The only program of a drop-in that is `[program:a]` with a command and these keys. */
export function program(keys: string, env: Record<string, string> = {}): ProgramSpec {
  const { programs, messages } = load(`[program:a]\ncommand=/bin/x\n${keys}\n`, env);
  if (programs.length !== 1)
    throw new Error(`expected one program, got ${programs.length}: ${messages.join("; ")}`);
  return programs[0]!;
}

/** What is said about a drop-in that is `[program:a]` with a command and these keys; they start at line 3. */
export function complaints(keys: string, env: Record<string, string> = {}): string[] {
  return load(`[program:a]\ncommand=/bin/x\n${keys}\n`, env).messages;
}
