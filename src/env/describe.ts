import type { Source } from "./load.ts";
import { createRedactor, isSecret, REDACTED } from "./redact.ts";
import { schema } from "./schema.ts";

export interface EnvironmentRow {
  name: string;
  /** Redacted where secret; null when it is not set and has no default. */
  value: string | null;
  source: Source | "boot";
}

/** The rows of `ai-dock env`: every setting, and with `all` every other variable too. */
export function describeEnvironment(
  { env, sources }: { env: Record<string, string>; sources: Record<string, Source> },
  all: boolean,
): EnvironmentRow[] {
  // Arguments and URLs repeat what other variables keep: CLI_ARGS="--password …".
  const redact = createRedactor(env);
  const show = (name: string, value: string) => (isSecret(name, value) ? REDACTED : redact(value));
  const others = all ? Object.keys(env).filter((name) => !Object.hasOwn(schema, name)) : [];
  return [...Object.keys(schema), ...others.toSorted()].map((name) => {
    const value = env[name] ?? defaultText(name);
    // Variables of boot steps and scripts have no source.
    const source = sources[name] ?? (env[name] === undefined ? "default" : "boot");
    return { name, value: value === null ? null : show(name, value), source };
  });
}

/** The default of a setting as text, or null when it has none. */
export function defaultText(name: string): string | null {
  if (!Object.hasOwn(schema, name)) return null;
  const value: unknown = schema[name as keyof typeof schema].fallback;
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  return Array.isArray(value) ? value.join(",") : `${value as string | number | boolean}`;
}
