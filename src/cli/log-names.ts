import { basename, dirname } from "node:path";
import { z } from "zod";
import { control } from "../control/client.ts";
import { logOf, type LogName } from "../logs/names.ts";
import { programId, programsNamed } from "../programs/names.ts";
import { orUndefinedWithoutSupervisor } from "./effective-environment.ts";

/** A program and where its streams go: a file, `/dev/stdout`, or nothing. */
export interface ProgramLogs {
  name: string;
  group: string;
  stdout_logfile: string;
  stderr_logfile: string;
}

const programLogs = z.array(
  z.object({ name: z.string(), group: z.string(), stdout_logfile: z.string(), stderr_logfile: z.string() }),
);

/** Asks the supervisor where the output of each program goes; an empty list without a supervisor. */
export async function askProgramLogs(): Promise<ProgramLogs[]> {
  const reply = await orUndefinedWithoutSupervisor(control.rpc("getAllProcessInfo", []));
  return reply !== undefined && "result" in reply ? programLogs.parse(reply.result) : [];
}

/** Says where the output of a program goes; undefined when the output is in a log of `directory`. */
export function outputElsewhere(
  { stdout_logfile: path }: ProgramLogs,
  directory: string,
): string | undefined {
  // A device or no path at all: the output cannot be read again.
  if (!path.startsWith("/") || path.startsWith("/dev/")) return "in docker logs only";
  return logAt(path, directory) === undefined ? `in "${path}"` : undefined;
}

interface Chosen {
  /** Names of logs. */
  names: string[];
  /** One line for each program that has no output in these logs. */
  notes: string[];
}

/**
 * Finds the logs that words mean: names of logs, else names of programs and groups. Other words are kept as they are:
 * the reader of logs names them as unknown.
 */
export function chooseLogs(
  words: string[],
  programs: ProgramLogs[],
  { directory, known, follow }: { directory: string; known: LogName[]; follow: boolean },
): Chosen {
  const names = new Set<string>();
  const notes = new Set<string>();
  const isKnown = (name: string) => known.some((log) => log.name === name);
  for (const word of words) {
    const meant = isLog(word, known) ? [] : programsNamed(programs, word);
    if (meant.length === 0) names.add(word);
    for (const program of meant) {
      const elsewhere = outputElsewhere(program, directory);
      const own = logNamesOf(program, directory).filter((name) => follow || isKnown(name));
      for (const name of own) names.add(name);
      if (elsewhere !== undefined) notes.add(`The output of "${programId(program)}" is ${elsewhere}`);
      else if (own.length === 0) notes.add(`"${programId(program)}" has written nothing yet`);
    }
  }
  return { names: [...names], notes: [...notes] };
}

/** True when `word` names a log of standard output. */
export function isLog(word: string, known: LogName[]): boolean {
  return known.some(({ name, stream }) => name === word && stream === "stdout");
}

function logNamesOf({ stdout_logfile, stderr_logfile }: ProgramLogs, directory: string): string[] {
  return [stdout_logfile, stderr_logfile].flatMap((path) => logAt(path, directory)?.name ?? []);
}

function logAt(path: string, directory: string): LogName | undefined {
  return dirname(path) === directory ? logOf(directory, basename(path)) : undefined;
}
