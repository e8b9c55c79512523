/** `${NAME}`, `${NAME:-default}` and `${NAME:=default}`, which mean the same here. */
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::[-=]([^}]*))?\}/g;

/** Keys whose texts a shell runs: the shell expands them itself, with its own quoting. */
const commandKeys = new Set(["command", "commands", "post_commands", "pre_commands"]);

/**
 * A copy of a manifest's values with variables replaced in every text but commands. `onUnset` gets the name of each
 * variable that is not set and has no default, which becomes an empty text, and the path to the text.
 */
export function expandVariables(
  value: unknown,
  env: Record<string, string | undefined>,
  onUnset: (name: string, path: PropertyKey[]) => void,
  path: PropertyKey[] = [],
): unknown {
  if (typeof value === "string") return expandText(value, env, (name) => onUnset(name, path));
  if (Array.isArray(value))
    return value.map((item, index) => expandVariables(item, env, onUnset, [...path, index]));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      commandKeys.has(key) ? item : expandVariables(item, env, onUnset, [...path, key]),
    ]),
  );
}

function expandText(
  text: string,
  env: Record<string, string | undefined>,
  onUnset: (name: string) => void,
): string {
  return text.replaceAll(REFERENCE, (_, name: string, fallback: string | undefined) => {
    const value = env[name];
    if (value !== undefined && value !== "") return value;
    if (fallback === undefined && value === undefined) onUnset(name);
    return fallback ?? "";
  });
}
