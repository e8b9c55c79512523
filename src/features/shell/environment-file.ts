import { LOADED_MARK, sessionVariables } from "../../env/session.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";

/**
 * The text of a file that gives any POSIX shell the environment, byte for byte, without evaluating a value. A shell that
 * has the environment already keeps its variables, so that `FOO=x bash` works.
 */
export function shellFile(env: Record<string, string>): string {
  const path = env["PATH"] ?? DEFAULT_PATH;
  return [
    "# Written by ai-dock at every boot.",
    `if [ -z "\${${LOADED_MARK}-}" ]; then`,
    ...sessionVariables(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    `export ${LOADED_MARK}=${quote(path)}`,
    "# Not exported: tells the rest of this shell's start that it is the first of its session.",
    "ai_dock_first=1",
    "fi",
    "",
  ].join("\n");
}

/** Quotes one word for any POSIX shell. */
export function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
