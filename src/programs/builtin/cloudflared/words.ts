/** `2026-11-23T21:37:58Z ERR text key=value`: the level and the rest. */
const line = /^\S+Z (?<level>[A-Z]{3}) (?<text>.*)$/;

/** The port that cloudflared's metrics have been given, when its output tells of it. */
export function metricsPort(output: string): number | undefined {
  const [, port] = /Starting metrics server on \S+:(\d+)\/metrics/.exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** What it ends with, or finds before it has a logger, stands on a line of its own without a clock. */
const plain = /^(Provided Tunnel token|Could not|Failed to|failed to|"cloudflared tunnel run")/;

/** Complaints about nothing: we keep it from files on purpose. */
const harmless = /^Configuration file \/dev\/null was empty/;

/** The last complaint in some output, without its clock. */
export function lastError(output: string): string | undefined {
  return output
    .split("\n")
    .flatMap((text) => {
      const { level, text: rest = "" } = line.exec(text)?.groups ?? {};
      if (level === undefined) return plain.test(text) ? [text] : [];
      return /^(ERR|FTL)$/.test(level) && !harmless.test(rest) ? [rest] : [];
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
