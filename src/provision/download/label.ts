/** A URL without user, password, query and fragment, where signed links and CivitAI keep secrets; for messages and state. */
export function label(url: URL | string): string {
  const { protocol, host, pathname, search } = new URL(url);
  if (protocol === "rclone:") return String(url);
  return `${protocol}//${host}${pathname}${search === "" ? "" : "?…"}`;
}
