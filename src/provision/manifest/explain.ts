import type { z } from "zod";
import { nearest } from "../../dropins/nearest.ts";
import { isSecretName, redactUrls } from "../../env/redact.ts";

/** A mistake in a manifest: where it is, and the sentence on it. */
export interface Explanation {
  path: PropertyKey[];
  message: string;
}

type Issue = z.core.$ZodIssue;

const LONGEST_VALUE = 60;

/** The sentences on what zod has found; `keysAt` are the keys that a mapping at a path may have. */
export function explain(
  issues: readonly Issue[],
  value: unknown,
  keysAt: (path: PropertyKey[]) => string[],
  base: PropertyKey[] = [],
): Explanation[] {
  return issues.flatMap((issue): Explanation[] => {
    const path = [...base, ...issue.path];
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: unknownKey([...path, key], key, keysAt(path)),
      }));
    const given = valueAt(value, path);
    if (issue.code === "invalid_union") {
      const branch = likeliest(issue.errors, given);
      if (branch !== undefined) return explain(branch, value, keysAt, path);
    }
    return [{ path, message: `${nameOf(path)}: expected ${expectation(issue)}, got ${shown(given, path)}` }];
  });
}

function unknownKey(path: PropertyKey[], key: string, known: string[]): string {
  const guess = nearest(key, known) ?? known.find((word) => key.length > 2 && word.startsWith(key));
  const hint = guess === undefined ? `; known here: ${known.join(", ")}` : `; did you mean "${guess}"?`;
  return `${nameOf(path)}: expected a known key, got "${key}"${known.length === 0 ? "" : hint}`;
}

/** Of the kinds that a value may be of, the one it was meant to be: a mapping for a mapping, a list for a list. */
function likeliest(branches: readonly (readonly Issue[])[], given: unknown): readonly Issue[] | undefined {
  if (typeof given !== "object" || given === null) return undefined;
  // A branch of another kind has an issue with the value itself.
  return branches.find(
    (issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0),
  );
}

function expectation(issue: Issue): string {
  if (!issue.message.startsWith("Invalid")) return issue.message;
  if (issue.code === "invalid_type" && issue.expected === "object") return "a mapping";
  if (issue.code === "invalid_type" && issue.expected === "array") return "a list";
  return "another kind of value";
}

/** `downloads[2].dest`, as people write paths. */
export function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "manifest";
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${String(step)}`,
    )
    .join("");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, step) =>
      typeof at === "object" && at !== null ? (at as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}

function shown(value: unknown, path: readonly PropertyKey[]): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a mapping";
  if (isSecretName(String(path.at(-1)))) return "another value";
  const text = redactUrls(typeof value === "string" ? value : JSON.stringify(value));
  return `"${text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text}"`;
}
