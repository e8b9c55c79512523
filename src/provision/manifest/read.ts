import { parseManifest, type Problem } from "./document.ts";
import { expandVariables } from "./expand.ts";
import { explain, nameOf } from "./explain.ts";
import { keysAt } from "./keys.ts";
import { rememberOrigins } from "./origins.ts";
import { type Manifest, manifestSchema } from "./schema.ts";

/** A manifest as one source has it. */
export interface ReadManifest {
  source: string;
  /** Undefined where there are problems. */
  manifest?: Manifest;
  problems: Problem[];
  /** What is odd, but may be meant. */
  warnings: Problem[];
}

/**
 * Reads the text of a manifest: YAML or JSON, variables replaced, every key and value checked. `source` names the text in
 * messages, which tell no lines where `hasLines` is false. Never throws.
 */
export function readManifest(
  text: string,
  source: string,
  env: Record<string, string | undefined>,
  hasLines = true,
): ReadManifest {
  const document = parseManifest(text, source);
  if (document.problems.length > 0) return { source, problems: document.problems, warnings: [] };
  const place = (path: PropertyKey[]) => {
    const line = hasLines ? document.lineOf(path) : undefined;
    return { source, ...(line === undefined ? {} : { line }) };
  };
  const warnings: Problem[] = [];
  // An empty file, or one of comments alone, asks for nothing.
  const value = expandVariables(document.value ?? { version: 1 }, env, (name, path) =>
    warnings.push({
      ...place(path),
      message: `${nameOf(path)}: expected a variable that is set, got \${${name}}; an empty text stands in`,
    }),
  );
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) {
    rememberOrigins(parsed.data, place);
    return { source, manifest: parsed.data, problems: [], warnings };
  }
  const problems = explain(parsed.error.issues, value, keysAt).map(({ path, message }) => ({
    ...place(path),
    message,
  }));
  return { source, problems: problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)), warnings };
}
