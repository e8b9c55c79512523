/** Exported to every shell that has the boot environment; its value is the PATH of the boot. */
export const LOADED_MARK = "AI_DOCK_PATH";

/** What each process, login or terminal has of its own, and what steers the shell itself. */
const perSession = new Set([
  "_",
  "BASHOPTS",
  "BASH_VERSINFO",
  "COLUMNS",
  "EUID",
  "GROUPS",
  "HOME",
  "HOSTNAME",
  "IFS",
  "LINES",
  "LOGNAME",
  "LS_COLORS",
  "MAIL",
  "OLDPWD",
  "PPID",
  "PROMPT_COMMAND",
  "PS0",
  "PS1",
  "PS2",
  "PS3",
  "PS4",
  "PWD",
  "SHELL",
  "SHELLOPTS",
  "SHLVL",
  "SSH_AGENT_PID",
  "SSH_AUTH_SOCK",
  "SSH_CLIENT",
  "SSH_CONNECTION",
  "SSH_ORIGINAL_COMMAND",
  "SSH_TTY",
  "TERM",
  "TMUX",
  "UID",
  "USER",
  LOADED_MARK,
]);

const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** The variables of an environment that a new session gets: no per-process ones, names a shell can hold. */
export function sessionVariables(env: Record<string, string>): [name: string, value: string][] {
  return Object.entries(env).filter(([name]) => IDENTIFIER.test(name) && !perSession.has(name));
}

/**
 * A file that gives any POSIX shell the environment, byte for byte and without running any of it.
 * A shell that has it already keeps what it was started with, so that `FOO=x bash` works.
 */
export function shellFile(env: Record<string, string>): string {
  const path = env["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
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

/** One word for any POSIX shell. */
function quote(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
