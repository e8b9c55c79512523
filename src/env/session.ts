/** Exported to every shell that has the boot environment; its value is the PATH of the boot. */
export const LOADED_MARK = "AI_DOCK_PATH";

/** Variables that each process, login or terminal has for itself, and those that control the shell. */
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

/** A name that a shell can assign to. */
export const IDENTIFIER = /^[A-Za-z_]\w*$/;

/** The variables of an environment for a new session: without those of `perSession`, and with names that a shell can assign to. */
export function sessionVariables(env: Record<string, string>): [name: string, value: string][] {
  return Object.entries(env).filter(([name]) => IDENTIFIER.test(name) && !perSession.has(name));
}
