import { sessionVariables } from "../shell/environment-file.ts";

/** The variables that sshd can set; its configuration has no way to write a newline. */
export function sshVariables(env: Record<string, string>): [name: string, value: string][] {
  return sessionVariables(env).filter(([, value]) => !/[\n\0]/.test(value));
}

/**
 * The `SetEnv` line that gives every session the environment, or undefined for an empty one.
 * sshd heeds only the first such line, so it must hold them all. It shows values: keep its file at 0600.
 */
export function sshSetEnvLine(env: Record<string, string>): string | undefined {
  const words = sshVariables(env).map(([name, value]) => `"${name}=${value.replaceAll(/[\\"]/g, "\\$&")}"`);
  return words.length === 0 ? undefined : `SetEnv ${words.join(" ")}`;
}
