/** What is ours, ours in the workspace, or not for moving. */
const RESERVED = new Set(["ai-dock", "storage", "remote", "home", "environments"]);

/** One part of a path, which neither hides nor looks like an option. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,199}$/;

/** The names of OPT_SYNC, each once, and those that are no name of a directory of /opt. */
export function optSyncNames(given: string[]): { names: string[]; refused: string[] } {
  const isName = (name: string) => NAME.test(name) && !RESERVED.has(name);
  const unique = [...new Set(given)];
  return { names: unique.filter(isName), refused: unique.filter((name) => !isName(name)) };
}

/** In /opt: a new link, which then takes the place of the directory and lets the directory have this name until it is removed. */
export const temporary = (name: string) => `.${name}.opt-sync`;

/** In /opt, beside a directory whose removal has begun, and which nobody may take for whole. */
export const removing = (name: string) => `.${name}.opt-sync-removing`;
