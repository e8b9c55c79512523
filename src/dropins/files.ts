import { readFileSync, realpathSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { errnoOf } from "../errors.ts";
import { emptyDocument, type IniDocument, type Section } from "./ini-document.ts";
import { parseIni } from "./ini-parse.ts";
import type { Report } from "../programs/problem.ts";
import { JUNK_IGNORED, reportJunk } from "./known-keys.ts";
import { commonVariables, type ExpansionContext } from "./variables.ts";
import { SectionReader } from "./reader.ts";
import { globFiles } from "./python/glob.ts";

/** Reads files in order into one document, each followed by the files that it includes. */
export function readFiles(files: readonly string[], context: ExpansionContext, report: Report): IniDocument {
  const document = emptyDocument();
  const visited = new Set<string>();
  const read = (file: string) => {
    const text = readText(file, visited, report);
    if (text === undefined) return;
    parseIni(text, file, document, report, mender(file, context));
    const include = document.sections.get("include");
    if (include === undefined) return;
    // The next file may have an [include] of its own, relative to itself.
    document.sections.delete("include");
    for (const included of includedFiles(include, document, context, report)) read(included);
  };
  for (const file of files) read(file);
  return document;
}

/** Returns the text of a file; undefined for a file that was read before or cannot be read. */
function readText(file: string, visited: Set<string>, report: Report): string | undefined {
  try {
    const real = realpathSync(file);
    if (visited.has(real)) return undefined;
    visited.add(real);
    return readFileSync(real, "utf8");
  } catch (error) {
    const got = errnoOf(error) ?? String(error);
    report({ severity: "error", file, line: 0, expected: "a readable file", got, text: "it is left out" });
    return undefined;
  }
}

/**
 * Returns the first treatment of every value of a file: `%(here)s` becomes the file's directory. Drop-ins of ai-dock
 * images name the user as a literal `$USER_NAME`, which the original's init replaced in the files.
 */
function mender(file: string, { here, env }: ExpansionContext): (value: string) => string {
  const folder = here ?? dirname(resolve(file));
  const user = env["USER_NAME"];
  return (value) => {
    const placed = value.includes("%(here)s") ? value.replaceAll("%(here)s", () => folder) : value;
    return user && placed.includes("$USER_NAME") ? placed.replaceAll("$USER_NAME", () => user) : placed;
  };
}

function includedFiles(
  section: Section,
  document: IniDocument,
  context: ExpansionContext,
  report: Report,
): string[] {
  reportJunk(section, report, JUNK_IGNORED);
  const reader = new SectionReader(section, document, report, "nothing is included");
  if (reader.raw("files") === undefined) reader.complain("files", "patterns of files", "none");
  const patterns = reader.get("files", commonVariables(section, context), (text) => text, "");
  return patterns
    .split(/\s+/)
    .filter((pattern) => pattern !== "")
    .flatMap((pattern) => {
      const found = globFiles(resolve(dirname(section.file), pattern));
      if (found.length === 0)
        reader.warn("files", { expected: "files", got: `none by ${pattern}`, text: "nothing is included" });
      return found;
    });
}
