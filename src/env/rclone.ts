/** Variables that rclone, and the cloud libraries in rclone, read. */
const wanted =
  /^(RCLONE_\w+|HOME|PATH|TZ|LANG|LC_\w+|TMPDIR|XDG_\w+|SSL_CERT_(FILE|DIR)|SSH_AUTH_SOCK|KRB5\w*|AWS_\w+|AZURE_\w+|GOOGLE_\w+|OS_\w+|OCI_\w+|(https?|all|no|ftp)_proxy)$/i;

/**
 * Variables that no mount gets: control socket, cache, process and log of a mount are ai-dock's, a port could serve
 * one rclone only, and RCLONE_MOUNT_COUNT is ai-dock's own export for child images.
 */
const ours =
  /^RCLONE_(RC|RC_\w+|METRICS_\w+|DAEMON\w*|CACHE_DIR|ASK_PASSWORD|MOUNT_COUNT|USE_JSON_LOG|LOG_FILE\w*|LOG_FORMAT|SYSLOG\w*)$/i;

/** The part of the boot environment that rclone reads; other programs' secrets are left out. */
export function rcloneEnvironment(env: Record<string, string>): Record<string, string> {
  const entries = Object.entries(env).filter(([name]) => wanted.test(name) && !ours.test(name));
  // Pasted values come with blanks around them.
  return { ...Object.fromEntries(entries), RCLONE_CONFIG: env["RCLONE_CONFIG"]?.trim() || DEFAULT_CONFIG };
}

/** One line for each variable of the user that no mount gets. */
export function withheldVariables(env: Record<string, string>): string[] {
  return Object.keys(env)
    .filter((name) => ours.test(name) && !/^RCLONE_(MOUNT_COUNT|ASK_PASSWORD)$/i.test(name))
    .map(
      (name) =>
        `${name}: expected none, as ai-dock keeps cache, control and log of mounts to itself; mounts do not get it`,
    );
}

/** rclone's configuration file where RCLONE_CONFIG is not set. */
export const DEFAULT_CONFIG = "/etc/rclone/rclone.conf";
