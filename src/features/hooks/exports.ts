/** What a shell sets for itself, and our own helpers under `set -a`; functions are no identifiers. */
const OWN = /^(?:PWD|OLDPWD|SHLVL|_|SHELLOPTS|BASHOPTS|BASH_.*|__ai_dock_.*)$/;
const IDENTIFIER = /^[A-Za-z_]\w*$/;

const isExport = (name: string) => IDENTIFIER.test(name) && !OWN.test(name);

/** Makes `env` what a script left behind: set, changed and unset variables. Returns how many changed. */
export function applyExports(env: Record<string, string>, left: Map<string, string>): number {
  let changed = 0;
  for (const [name, value] of left) {
    if (!isExport(name) || env[name] === value) continue;
    env[name] = value;
    changed++;
  }
  for (const name of Object.keys(env).filter((other) => isExport(other) && !left.has(other))) {
    delete env[name];
    changed++;
  }
  return changed;
}
