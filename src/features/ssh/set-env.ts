import { sessionVariables } from "../../env/session.ts";

/** sshd hands its whole configuration to the process of each connection in one message of at most 256 KiB. */
const LARGEST_LINE_BYTES = 200 * 1024;

/** MAX_ARG_STRLEN of execve(2): no session could start with a longer variable. */
const LARGEST_VARIABLE_BYTES = 128 * 1024 - 1;

/** The variables that sshd can set; its configuration has no way to write a newline. */
export function sshVariables(env: Record<string, string>): [name: string, value: string][] {
  return sessionVariables(env).filter(([, value]) => !/[\n\0]/.test(value));
}

/**
 * The `SetEnv` line that gives every session the environment, undefined for an empty one, and the names of the largest
 * variables where the line cannot hold all. sshd heeds only the first such line. The line shows values: keep its file
 * at 0600.
 */
export function sshSetEnv(env: Record<string, string>): { line: string | undefined; omitted: string[] } {
  const words = sshVariables(env).map(([name, value]) => {
    const word = `"${name}=${value.replaceAll(/[\\"]/g, "\\$&")}"`;
    return { name, word, bytes: Buffer.byteLength(word) + 1, own: Buffer.byteLength(`${name}=${value}`) };
  });
  let total = words.reduce((sum, { bytes }) => sum + bytes, 0);
  const omitted = new Set<string>();
  for (const { name, bytes, own } of words.toSorted((one, other) => other.bytes - one.bytes)) {
    if (total <= LARGEST_LINE_BYTES && own <= LARGEST_VARIABLE_BYTES) continue;
    omitted.add(name);
    total -= bytes;
  }
  const kept = words.filter(({ name }) => !omitted.has(name)).map(({ word }) => word);
  return { line: kept.length === 0 ? undefined : `SetEnv ${kept.join(" ")}`, omitted: [...omitted] };
}
