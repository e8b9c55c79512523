import { existsSync } from "node:fs";
import { findProgram } from "../../../sys/which.ts";
import type { ItemContext } from "../context.ts";

/** Where environments are that are called by a name alone, as `venv-set` finds them. */
const VENVS = "/opt/environments/python";
/** The environment of vast.ai's images. */
const VAST_VENV = "/venv/main";
export const SYSTEM = "system";

/** The directory of an environment that is given by path or by name. */
export function venvDirectory(given: string, env: Readonly<Record<string, string | undefined>>): string {
  return given.startsWith("/") ? given : `${env["VENV_DIR"] ?? VENVS}/${given}`;
}

/** Where packages of Python go that name no environment: the one of the settings, vast.ai's, micromamba's, or the system's. */
export function defaultVenv({ env, settings }: Pick<ItemContext, "env" | "settings">): string {
  const named = env["PROVISIONER_VENV"] ?? settings.venv;
  if (named !== undefined && named !== "") return named === SYSTEM ? SYSTEM : venvDirectory(named, env);
  const micromamba = `${env["MAMBA_ROOT_PREFIX"] ?? "/opt/micromamba"}/envs/${env["MAMBA_DEFAULT_ENV"] ?? "base"}`;
  const candidates = [VAST_VENV, env["VIRTUAL_ENV"], micromamba];
  return candidates.find((path) => path !== undefined && existsSync(pythonOf(path))) ?? SYSTEM;
}

/** The interpreter of an environment; of the system, the one on PATH. */
export function pythonOf(venv: string, path?: string): string {
  return venv === SYSTEM ? (findProgram("python3", path) ?? "/usr/bin/python3") : `${venv}/bin/python`;
}
