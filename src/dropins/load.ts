import { hostname } from "node:os";
import { lookupUser } from "../sys/users.ts";
import { programId } from "../programs/names.ts";
import { compareStart } from "../programs/order.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import { distinctLogs } from "./log-spec.ts";
import { readFiles } from "./files.ts";
import { readMemberships } from "./memberships.ts";
import { reportIgnored } from "./ignored.ts";
import type { IniDocument } from "./ini-document.ts";
import { collectProblems, type Problem, quote, type Report } from "../programs/problem.ts";
import { readEnvironment } from "./process.ts";
import { commonVariables, type ExpansionContext } from "./variables.ts";
import { type ProgramContext, readProgram } from "./program.ts";
import { SectionReader } from "./reader.ts";
import { globFiles } from "./python/glob.ts";

/** Where drop-ins are searched, in this order; the files of one pattern are read by name. */
export const DROP_IN_PATTERNS: readonly string[] = [
  "/etc/supervisor/supervisord/conf.d/*.conf",
  "/etc/supervisor/conf.d/*.conf",
];

export interface LoadOptions {
  /** These files instead of those that the patterns match. */
  files?: readonly string[];
  /** DROP_IN_PATTERNS unless given. */
  patterns?: readonly string[];
  /** The boot environment. */
  env: Record<string, string>;
  /** Value of `%(here)s` instead of each file's directory. */
  here?: string;
}

export interface Loaded {
  /** In start order: by group, then within the group. */
  programs: ProgramSpec[];
  /** In the order in which they were found. */
  problems: Problem[];
}

/** Reads supervisord configuration. Never throws: faulty programs are left out and reported. */
export function loadPrograms({ files, patterns = DROP_IN_PATTERNS, env, here }: LoadOptions): Loaded {
  const sources = files ?? patterns.flatMap(globFiles);
  if (sources.length === 0) return { programs: [], problems: [] };
  const { problems, report } = collectProblems();
  const outer: ExpansionContext = { env, here, hostName: hostname(), shared: {} };
  const document = readFiles(sources, outer, report);
  reportIgnored(document, report);
  const context = { ...outer, shared: readSharedEnvironment(document, outer, report) };
  const programs = readAll({ ...context, document, report, isKnownUser: userCheck() });
  return { programs: distinctLogs(programs), problems };
}

function readSharedEnvironment(document: IniDocument, outer: ExpansionContext, report: Report) {
  const section = document.sections.get("supervisord");
  if (section === undefined) return {};
  const reader = new SectionReader(section, document, report, "it is ignored");
  return readEnvironment(reader, commonVariables(section, outer)) ?? {};
}

function readAll(context: ProgramContext): ProgramSpec[] {
  const { document, report } = context;
  const memberships = readMemberships(document, report, context);
  const programs = new Map<string, ProgramSpec>();
  for (const section of document.sections.values()) {
    if (!section.name.startsWith("program:")) continue;
    const own = { group: section.name.slice("program:".length).trim() };
    for (const membership of memberships.get(section.name) ?? [own]) {
      for (const spec of readProgram(section, membership, context)) addOnce(programs, spec, report);
    }
  }
  return [...programs.values()].toSorted(compareStart);
}

/** Adds a process unless its group has one of that name: the two could not be told apart. */
function addOnce(programs: Map<string, ProgramSpec>, spec: ProgramSpec, report: Report): void {
  const key = `${spec.group}:${spec.name}`;
  if (!programs.has(key)) {
    programs.set(key, spec);
  } else if (spec.origin.kind === "file") {
    const { file, line, section } = spec.origin;
    const value = programId(spec);
    const about = { severity: "error", file, line, section, value, expected: "a name of its own" } as const;
    report({ ...about, got: `${quote(value)} again`, text: "this one is left out" });
  }
}

/** Returns a check of user names that looks each user up once. */
function userCheck(): (user: string) => boolean {
  const known = new Map<string, boolean>();
  return (user) => {
    const seen = known.get(user) ?? lookupUser(user) !== undefined;
    known.set(user, seen);
    return seen;
  };
}
