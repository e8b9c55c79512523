import type { Prepared } from "../../provision/prepare.ts";
import { describeProblem, prepare } from "../../provision/prepare.ts";
import { ExitCode } from "../../errors.ts";
import type { Account } from "../../sys/users.ts";
import { style } from "../print.ts";

/** What a call is about: one manifest, or all of the container. */
export interface Subject {
  env: Record<string, string>;
  /** Path, URL or text of a manifest. */
  given: string | undefined;
  json: boolean;
  signal: AbortSignal;
  /** See PROVISIONING_USER; undefined: we ourselves. */
  user: Account | undefined;
}

/** A signal that SIGINT and SIGTERM abort. */
export function interruptSignal(): AbortSignal {
  const interrupt = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => interrupt.abort());
  return interrupt.signal;
}

/** Reads the manifests; mistakes and warnings go to standard error. Undefined where there are mistakes. */
export async function readAll(subject: Subject): Promise<Prepared> {
  const prepared = await prepare(subject.env, subject.given, subject.signal);
  const write = (colour: "red" | "yellow", word: string, text: string) =>
    process.stderr.write(`${style(colour, word)}: ${text}\n`);
  if (!subject.json) {
    for (const problem of prepared.warnings) write("yellow", "warning", describeProblem(problem));
    for (const problem of prepared.problems) write("red", "error", describeProblem(problem));
  }
  return prepared;
}

/** Exit code of a manifest with mistakes; nothing is done then. */
export const INVALID = ExitCode.configuration;
