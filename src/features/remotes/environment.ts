/** What rclone and the clouds' own libraries in it read. */
const wanted =
  /^(RCLONE_\w+|HOME|PATH|TZ|LANG|LC_\w+|TMPDIR|XDG_\w+|SSL_CERT_(FILE|DIR)|SSH_AUTH_SOCK|KRB5\w*|AWS_\w+|AZURE_\w+|GOOGLE_\w+|OS_\w+|OCI_\w+|(https?|all|no|ftp)_proxy)$/i;

/**
 * What would take a mount's control, cache, process or words out of our hands, or have every rclone listen on
 * the same port, and our own export for child images.
 */
const ours =
  /^RCLONE_(RC|RC_\w+|METRICS_\w+|DAEMON\w*|CACHE_DIR|ASK_PASSWORD|MOUNT_COUNT|USE_JSON_LOG|LOG_FILE\w*|LOG_FORMAT|SYSLOG\w*)$/i;

/** The part of the boot environment that rclone gets: what it reads, and no other program's secrets. */
export function rcloneEnvironment(env: Record<string, string>): Record<string, string> {
  const entries = Object.entries(env).filter(([name]) => wanted.test(name) && !ours.test(name));
  // Pasted values come with blanks.
  return { ...Object.fromEntries(entries), RCLONE_CONFIG: env["RCLONE_CONFIG"]?.trim() || DEFAULT_CONFIG };
}

/** Settings of the user's that no mount gets, with the reason; nothing of ours is among them. */
export function withheldVariables(env: Record<string, string>): string[] {
  return Object.keys(env)
    .filter((name) => ours.test(name) && !/^RCLONE_(MOUNT_COUNT|ASK_PASSWORD)$/i.test(name))
    .map(
      (name) =>
        `${name}: expected none, as ai-dock keeps cache, control and log of mounts to itself; mounts do not get it`,
    );
}

/** Where rclone's configuration is unless RCLONE_CONFIG says otherwise. */
export const DEFAULT_CONFIG = "/etc/rclone/rclone.conf";
