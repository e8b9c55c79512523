/** `2026-11-23T21:37:58Z ERR text key=value`: the level and the rest. */
const line = /^\S+Z (?<level>[A-Z]{3}) (?<text>.*)$/;

/** The port that cloudflared's metrics have been given, when its output tells of it. */
export function metricsPort(output: string): number | undefined {
  const [, port] = /Starting metrics server on \S+:(\d+)\/metrics/.exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** The last complaint in some output, without its clock. */
export function lastError(output: string): string | undefined {
  return output
    .split("\n")
    .flatMap((text) => {
      const { level, text: rest = "" } = line.exec(text)?.groups ?? {};
      if (level !== undefined) return level === "ERR" || level === "FTL" ? [rest] : [];
      // Mistakes that it finds before it has a logger are lines of their own.
      return /^(Provided Tunnel token|Failed to|failed to|"cloudflared tunnel run")/.test(text) ? [text] : [];
    })
    .at(-1)
    ?.trim();
}

/** True for Cloudflare's refusal of a token, at which cloudflared itself goes on trying for ever. */
export function isRefusal(error: string): boolean {
  return /Unauthorized/i.test(error);
}

/** True when Cloudflare has given no quick tunnel, which it does when too many were asked for. */
export function isRateLimit(error: string): boolean {
  return /failed to (unmarshal|parse) quick Tunnel/i.test(error);
}
