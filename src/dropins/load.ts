import { hostname } from "node:os";
import { lookupUser } from "../sys/users.ts";
import { programId } from "../programs/names.ts";
import { compareStart } from "../programs/order.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { distinctLogs } from "./distinct-logs.ts";
import { readFiles } from "./files.ts";
import { readSeats } from "./groups.ts";
import { reportIgnored } from "./ignored.ts";
import type { IniDocument } from "./ini/document.ts";
import { collectProblems, type Problem, quote, type Report } from "../programs/problem.ts";
import { readEnvironment } from "./environment.ts";
import { commonNames, type Surroundings } from "./names.ts";
import { type ProgramContext, readProgram } from "./program.ts";
import { SectionReader } from "./reader.ts";
import { globFiles } from "./python/glob.ts";

/** Where drop-ins are looked for, in this order; files of one pattern are read by name. */
export const DROP_IN_PATTERNS: readonly string[] = [
  "/etc/supervisor/supervisord/conf.d/*.conf",
  "/etc/supervisor/conf.d/*.conf",
];

export interface LoadOptions {
  /** Exactly these files, instead of what the patterns match. */
  files?: readonly string[];
  /** DROP_IN_PATTERNS unless given. */
  patterns?: readonly string[];
  /** The boot environment. */
  env: Record<string, string>;
  /** What `%(here)s` stands for, instead of the folder of each file. */
  here?: string;
}

export interface Loaded {
  /** In start order: by group, then within the group. */
  programs: ProgramSpec[];
  /** In the order in which they were found. */
  problems: Problem[];
}

/** Reads supervisord configuration. Never throws: what is wrong is left out and reported. */
export function loadPrograms({ files, patterns = DROP_IN_PATTERNS, env, here }: LoadOptions): Loaded {
  const sources = files ?? patterns.flatMap(globFiles);
  if (sources.length === 0) return { programs: [], problems: [] };
  const { problems, report } = collectProblems();
  const outer: Surroundings = { env, here, hostName: hostname(), shared: {} };
  const document = readFiles(sources, outer, report);
  reportIgnored(document, report);
  const surroundings = { ...outer, shared: readSharedEnvironment(document, outer, report) };
  const programs = readAll({ ...surroundings, document, report, isKnownUser: userCheck() });
  return { programs: distinctLogs(programs), problems };
}

function readSharedEnvironment(document: IniDocument, outer: Surroundings, report: Report) {
  const section = document.sections.get("supervisord");
  if (section === undefined) return {};
  const reader = new SectionReader(section, document, report, "it is ignored");
  return readEnvironment(reader, commonNames(section, outer)) ?? {};
}

function readAll(context: ProgramContext): ProgramSpec[] {
  const { document, report } = context;
  const seats = readSeats(document, report, context);
  const programs = new Map<string, ProgramSpec>();
  for (const section of document.sections.values()) {
    if (!section.name.startsWith("program:")) continue;
    const own = { group: section.name.slice("program:".length).trim() };
    for (const seat of seats.get(section.name) ?? [own]) {
      for (const spec of readProgram(section, seat, context)) addOnce(programs, spec, report);
    }
  }
  return [...programs.values()].toSorted(compareStart);
}

/** Two processes of one name in one group could not be told apart. */
function addOnce(programs: Map<string, ProgramSpec>, spec: ProgramSpec, report: Report): void {
  const key = `${spec.group}:${spec.name}`;
  if (!programs.has(key)) {
    programs.set(key, spec);
  } else if (spec.origin.kind === "file") {
    const { file, line } = spec.origin;
    const value = programId(spec);
    const about = { severity: "error", file, line, value, expected: "a name of its own" } as const;
    report({ ...about, got: `${quote(value)} again`, text: "this one is left out" });
  }
}

/** Looks every user up only once. */
function userCheck(): (user: string) => boolean {
  const known = new Map<string, boolean>();
  return (user) => {
    const seen = known.get(user) ?? lookupUser(user) !== undefined;
    known.set(user, seen);
    return seen;
  };
}
