/** `2026-11-23T21:37:58Z ERR text key=value`: the level and the rest. */
const line = /^\S+Z (?<level>[A-Z]{3}) (?<text>.*)$/;

/** The port that cloudflared's metrics have been given, when its output tells of it. */
export function metricsPort(output: string): number | undefined {
  const [, port] = /Starting metrics server on \S+:(\d+)\/metrics/.exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** What it ends with, or finds before it has a logger, stands on a line of its own without a clock. */
const plain = /^(Provided Tunnel token|Could not|Failed to|failed to|"cloudflared tunnel run")/;

/**
 * Complaints that say nothing of the tunnel: of a file that is empty on purpose, of single requests, of what it
 * goes on without, and of parts that end because another has ended.
 */
const harmless =
  /^(Configuration file \/dev\/null was empty|failed to serve incoming request|Failed to (fetch features|initialize DNS local resolver|refresh DNS)|icmp router terminated|no more connections active|Connection terminated connIndex)|error="context canceled"/;

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
    ?.trim()
    .replace(/^Initiating shutdown error="(.*)"$/, "$1");
}

/** True for Cloudflare's refusal of a token, at which cloudflared itself goes on trying for ever. */
export function isRefusal(error: string): boolean {
  return /Unauthorized/i.test(error);
}

/**
 * What Cloudflare answered instead of a quick tunnel, as `429 Too Many Requests` when too many were asked for;
 * undefined when nothing tells of such an answer.
 */
export function quickTunnelRefusal(output: string): string | undefined {
  const [, text] = /^(failed to (?:unmarshal|parse) quick Tunnel.*)$/im.exec(output) ?? [];
  if (text === undefined) return undefined;
  return /status_code="([^"]+)"/.exec(output)?.[1] ?? text;
}

/** True for the complaints of a network that lets no UDP through, which QUIC needs. */
export function isBlockedUdp(error: string): boolean {
  return error.startsWith("Failed to dial a quic connection");
}
