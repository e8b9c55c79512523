const OLD = "_FLAGS";

/**
 * Options of apps were called COMFYUI_FLAGS once, and are COMFYUI_ARGS in later images. Returns the later names that are
 * not set, with the values of the old ones.
 */
export function laterNames(env: Record<string, string>): Record<string, string> {
  const entries = Object.entries(env).flatMap(([name, value]) => {
    if (!name.endsWith(OLD) || name === OLD || value === "") return [];
    const later = `${name.slice(0, -OLD.length)}_ARGS`;
    return (env[later] ?? "") === "" ? [[later, value] as const] : [];
  });
  return Object.fromEntries(entries);
}
