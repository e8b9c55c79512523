import { type Report, quote } from "../programs/problem.ts";
import { type Entry, type IniDocument, type Section, emptySection, openSection } from "./ini-document.ts";

const HEADER = /^\[(.+)\]/;
const LOOKS_LIKE_HEADER = /^\[[a-z-]+:[^\]]+\]$/;

/**
 * Adds one file to the document, in the dialect of Python's RawConfigParser as supervisord sets it up
 * (not strict, inline comments by `;` and `#`). `mend` is applied to every value of this file.
 */
export function parseIni(
  text: string,
  file: string,
  document: IniDocument,
  report: Report,
  mend: (value: string) => string = (value) => value,
): void {
  let section: Section | undefined;
  let parts: string[] | undefined;
  let indent = 0;
  let headless = false;
  const open: { entry: Entry; parts: string[] }[] = [];

  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  for (let index = 0; index < lines.length; index++) {
    const raw = lines[index]!;
    const line = index + 1;
    const comment = commentStart(raw);
    const content = (comment === -1 ? raw : raw.slice(0, comment)).trim();
    if (content === "") {
      if (comment === -1) parts?.push("");
      continue;
    }
    const depth = raw.length - raw.trimStart().length;
    if (parts !== undefined && depth > indent) {
      if (LOOKS_LIKE_HEADER.test(content)) report(indentedHeader(file, line, content));
      parts.push(content);
      continue;
    }
    indent = depth;
    const header = content.startsWith("[") ? HEADER.exec(content)?.[1] : undefined;
    if (header !== undefined) {
      section = openSection(document, header, { file, line });
      parts = undefined;
    } else if (content.startsWith("[")) {
      report(brokenHeader(file, line, content));
      // Keys below a broken header must not land in the section above, as they do in supervisord.
      section = emptySection(content, { file, line });
      parts = undefined;
    } else if (section === undefined) {
      if (!headless) report(noHeader(file, line, content));
      headless = true;
    } else {
      const option = splitOption(content);
      if (option === undefined) {
        section.junk.push({ file, line, text: content });
        continue;
      }
      const entry: Entry = { value: "", file, line };
      parts = [option.value];
      section.entries.set(option.key, entry);
      open.push({ entry, parts });
    }
  }
  for (const option of open) option.entry.value = mend(option.parts.join("\n").trimEnd());
}

/** A key ends at the first `=` or `:`; undefined when there is neither or no key. */
function splitOption(content: string): { key: string; value: string } | undefined {
  const equals = content.indexOf("=");
  const colon = content.indexOf(":");
  const end = equals === -1 || (colon !== -1 && colon < equals) ? colon : equals;
  if (end <= 0) return undefined;
  return { key: content.slice(0, end).trim().toLowerCase(), value: content.slice(end + 1).trim() };
}

const HEADER_FORM = "a section header such as [program:name]";

function indentedHeader(file: string, line: number, value: string) {
  const expected = "a section header at the start of the line";
  const got = `an indented ${quote(value)}`;
  return {
    severity: "warning",
    file,
    line,
    value,
    expected,
    got,
    text: "it continues the value above",
  } as const;
}

function brokenHeader(file: string, line: number, value: string) {
  const text = "the lines up to the next header are left out";
  return { severity: "error", file, line, value, expected: HEADER_FORM, text } as const;
}

function noHeader(file: string, line: number, value: string) {
  const text = "the lines up to the first header are left out";
  return { severity: "error", file, line, value, expected: HEADER_FORM, text } as const;
}

const PREFIXES = [";", "#"] as const;

/**
 * Finds where the comment of a line starts, or returns -1. A comment sign counts at the start of the line or after
 * white space, inside quotes too. Like Python's ConfigParser, the search takes the first sign of each kind, then the
 * second of each, and so on: `a;b ;c #d` is cut at the `#`.
 */
export function commentStart(line: string): number {
  if (!line.includes(";") && !line.includes("#")) return -1;
  let last: number[] = PREFIXES.map((prefix) => line.indexOf(prefix));
  while (last.some((index) => index !== -1)) {
    const starts = last.filter((index) => index === 0 || (index > 0 && isSpace(line, index - 1)));
    if (starts.length > 0) return Math.min(...starts);
    last = last.map((index, kind) => (index === -1 ? -1 : line.indexOf(PREFIXES[kind]!, index + 1)));
  }
  return -1;
}

function isSpace(line: string, index: number): boolean {
  return line[index]!.trim() === "";
}
