/** True in images for children of the original's later versions, which expect an account, sudo and more packages. */
export function isCompat(env: Record<string, string>): boolean {
  return env["AI_DOCK_FLAVOUR"] === "compat";
}
