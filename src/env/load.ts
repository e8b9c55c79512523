import { readFileSync } from "node:fs";
import { messageOf } from "../errors.ts";
import { isSecret, isSecretName, REDACTED, redactUrls } from "./redact.ts";
import { type Settings, schema } from "./schema.ts";
import { readVariable } from "./types.ts";

export type Source = "argument" | "container" | "file" | "default";

/** A variable or argument that was not taken as given. */
export interface VariableProblem {
  /** The line for the user: `NAME: expected …, got "…"; what happens now`. */
  message: string;
  /** The variable; null for an argument without a name. */
  key: string | null;
  /** As given; null for a secret. */
  value: string | null;
  /** What would have been right. */
  expectation: string | null;
}

/** The environment after the documented rules, and the settings read from it. */
export interface LoadedEnvironment {
  /** Every variable that programs, hooks and shells get. */
  env: Record<string, string>;
  settings: Settings;
  /** Where each variable of `env` came from; a setting without an entry is at its default. */
  sources: Record<string, Source>;
  problems: VariableProblem[];
}

const assignment = /^([^=\s]+)=(.*)$/s;

/**
 * Builds the environment: KEY=VALUE arguments over the container's variables over secrets from files.
 * Invalid values are reported and replaced by the default; nothing is thrown.
 */
export function loadEnvironment(
  args: string[] = [],
  container: Record<string, string | undefined> = process.env,
): LoadedEnvironment {
  const env: Record<string, string> = {};
  const sources: Record<string, Source> = {};
  const problems: VariableProblem[] = [];
  const add = (source: Source, name: string, given: string) => {
    const value = cleanValue(given);
    if (value === "" && isSetting(name)) return;
    env[name] = value;
    sources[name] = source;
  };
  for (const [name, value] of Object.entries(container))
    if (value !== undefined) add("container", name, value);
  for (const argument of args) {
    const [, name, value] = assignment.exec(argument) ?? [];
    if (name !== undefined && value !== undefined) add("argument", name, value);
    else
      problems.push({
        message: `Argument: expected KEY=VALUE, got ${JSON.stringify(argument)}; ignoring it`,
        key: null,
        value: argument,
        expectation: "KEY=VALUE",
      });
  }
  readSecretFiles(env, sources, problems);
  const read = readSettings(env);
  return { env, settings: read.settings, sources, problems: [...problems, ...read.problems] };
}

/**
 * Names whose empty value means unset: compose files and web forms pass settings that were left blank as empty. Variables
 * of other programs may be empty for a reason: CUDA_VISIBLE_DEVICES= hides all GPUs.
 */
function isSetting(name: string): boolean {
  return Object.hasOwn(schema, name) || secretFiles.has(name);
}

/** `NAME_FILE` for each secret setting. */
const secretFiles = new Map(
  Object.keys(schema)
    .filter(isSecretName)
    .map((name) => [`${name}_FILE`, name]),
);

/** The two documented rules: a wrapping pair of quotes goes, `___` becomes a space. */
export function cleanValue(value: string): string {
  const quote = value[0];
  const wrapped = value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote);
  return (wrapped ? value.slice(1, -1) : value).replaceAll("___", " ");
}

/** `NAME_FILE=/path` gives the value of a secret, as Docker's and Kubernetes' secrets are mounted. */
function readSecretFiles(
  env: Record<string, string>,
  sources: Record<string, Source>,
  problems: VariableProblem[],
) {
  for (const [variable, name] of secretFiles) {
    const path = env[variable]?.trim();
    if (path === undefined) continue;
    const about = { key: variable, value: path };
    if (env[name] !== undefined) {
      const expectation = `either ${name} or ${variable}`;
      const message = `${variable}: expected ${expectation}, got both; using ${name}`;
      problems.push({ ...about, expectation, message });
      continue;
    }
    try {
      const value = readFileSync(path, "utf8").replace(/\r?\n$/, "");
      if (value === "") continue;
      env[name] = value;
      sources[name] = "file";
    } catch (error) {
      const message = `${variable}: cannot read the file (${messageOf(error)}); ${name} is not set`;
      problems.push({ ...about, expectation: "a readable file", message });
    }
  }
}

/** The settings in an environment whose values follow the documented rules already. */
export function readSettings(env: Record<string, string>): {
  settings: Settings;
  problems: VariableProblem[];
} {
  const problems: VariableProblem[] = [];
  const settings: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(schema)) {
    const { fallback, expected } = variable;
    const read = readVariable<unknown>(variable, env[name]);
    settings[name] = read === undefined ? fallback : read.value;
    if (read !== undefined) continue;
    const given = env[name] ?? "";
    const hidden = isSecret(name, given);
    const shown = hidden ? REDACTED : redactUrls(JSON.stringify(given));
    problems.push({
      message: `${name}: expected ${expected}, got ${shown}; ${consequence(fallback)}`,
      key: name,
      value: hidden ? null : redactUrls(given),
      expectation: expected,
    });
  }
  return { settings: settings as Settings, problems };
}

function consequence(fallback: unknown): string {
  if (fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)) return "ignoring it";
  return `using ${fallback as string | number | boolean}`;
}
