import { layerSpec, type NamedLayer } from "../programs/layers.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { IniDocument, Section } from "./ini-document.ts";
import { quote, type Report } from "../programs/problem.ts";
import type { Variables } from "./python/percent.ts";
import { commandWords, readEnvironment, processName, readNamePattern } from "./process.ts";
import { readExtras } from "./extras.ts";
import { reportJunk, PROGRAM_KEYS, reportUnknownKeys } from "./known-keys.ts";
import { checkEventKeys, readLog, readStderr } from "./log-spec.ts";
import { commonVariables, type ExpansionContext, withVariables } from "./variables.ts";
import { SectionReader } from "./reader.ts";
import { readProgramSettings } from "./settings.ts";
import { amount, integer, plainName } from "./values.ts";

/** The group that a program's processes belong to. */
export interface Membership {
  group: string;
  /** Set for a `[group:x]`. */
  priority?: number;
}

export interface ProgramContext extends ExpansionContext {
  document: IniDocument;
  report: Report;
  isKnownUser: (user: string) => boolean;
}

/** A larger numprocs is a mistake, which would take memory before anything starts. */
const MOST_PROCESSES = 10_000;

/** Reads the processes of one `[program:x]`: none at all after an error in that section. */
export function readProgram(
  section: Section,
  membership: Membership,
  context: ProgramContext,
): ProgramSpec[] {
  const programName = section.name.slice("program:".length).trim();
  const { document, report } = context;
  const reader = new SectionReader(section, document, report, `program ${quote(programName)} is left out`);
  checkSection(section, programName, reader, report);

  const common = commonVariables(section, context);
  const names = withVariables(common, { program_name: programName, group_name: membership.group });
  const settings = readProgramSettings(reader, names, context);
  const numprocs = reader.get("numprocs", names, amount, 1);
  if (numprocs > MOST_PROCESSES) reader.complain("numprocs", `at most ${MOST_PROCESSES} processes`);
  const first = reader.get("numprocs_start", names, integer, 0);
  const pattern = readNamePattern(reader, numprocs);
  checkEventKeys(reader, names);

  const specs: ProgramSpec[] = [];
  for (let number = first; number < first + numprocs && !reader.failed; number++) {
    const numbered = withVariables(names, { process_num: number, numprocs });
    const process = readProcess(reader, numbered, pattern, context.shared);
    if (process === undefined) break;
    const { group, priority: groupPriority } = membership;
    const { file, line } = section;
    const origin = { kind: "file", file, line, section: section.name } as const;
    specs.push(sharing(layerSpec({ ...process, group, groupPriority, origin }, settings), specs.at(-1)));
  }
  return reader.failed ? [] : specs;
}

/** Takes the lists and tables of the process before where these are equal: a thousand processes differ in little. */
function sharing(spec: ProgramSpec, before: ProgramSpec | undefined): ProgramSpec {
  if (before === undefined) return spec;
  const shared = Object.entries(before).filter(
    ([key, value]) => typeof value === "object" && Bun.deepEquals(value, spec[key as keyof ProgramSpec]),
  );
  return Object.assign(spec, Object.fromEntries(shared));
}

function checkSection(section: Section, name: string, reader: SectionReader, report: Report): void {
  reportJunk(section, report, `program ${quote(name)} is left out`);
  if (section.junk.length > 0) reader.failed = true;
  reportUnknownKeys(section, PROGRAM_KEYS, report);
  try {
    plainName(name);
  } catch {
    reader.failed = true;
    const { file, line } = section;
    const expected = "a program name without space, colon or slash";
    const about = { severity: "error", file, line, section: section.name, value: name } as const;
    report({ ...about, expected, text: "it is left out" });
  }
}

/** Reads the keys that may differ between processes; their references include the program's own environment. */
function readProcess(
  reader: SectionReader,
  outer: Variables,
  pattern: string,
  shared: Record<string, string>,
): Omit<NamedLayer, "group" | "origin"> | undefined {
  const own = readEnvironment(reader, outer);
  if (own === undefined) return undefined;
  const names = withVariables(outer, {}, own);
  const named = reader.attempt("process_name", () => processName(pattern, names));
  if (reader.raw("command") === undefined) reader.complain("command", "a command line", "none");
  const command = reader.get("command", names, commandWords, undefined);
  const serverUrl = reader.get("serverurl", names, (text) => text.trim(), "");
  if (named === undefined || command === undefined) return undefined;
  return {
    ...named,
    ...command,
    directory: reader.get("directory", names, (text) => text, "") || undefined,
    environment: {
      ...(serverUrl === "" || serverUrl.toUpperCase() === "AUTO" ? {} : { SUPERVISOR_SERVER_URL: serverUrl }),
      ...shared,
      ...own,
    },
    stdout: readLog(reader, names, "stdout", named.name),
    stderr: readStderr(reader, names, named.name),
    ...readExtras(reader, names),
  };
}
