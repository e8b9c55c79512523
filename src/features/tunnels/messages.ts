/** `2026-11-23T21:37:58Z ERR text key=value`: the level and the rest. */
const line = /^\S+Z (?<level>[A-Z]{3}) (?<text>.*)$/;

/** The port of the metrics listener, if the output names the port. */
export function metricsPort(output: string): number | undefined {
  const [, port] = /Starting metrics server on \S+:(\d+)\/metrics/.exec(output) ?? [];
  return port === undefined ? undefined : Number(port);
}

/** Errors without a timestamp: those that end cloudflared, or come before its logger exists. */
const plain = /^(Provided Tunnel token|Could not|Failed to|failed to|"cloudflared tunnel run")/;

/**
 * Errors that say nothing about the tunnel: of the configuration file that is empty on purpose, of single requests, of
 * optional parts, and of parts that end because another part has ended.
 */
const harmless =
  /^(Configuration file \/dev\/null was empty|failed to serve incoming request|Failed to (fetch features|initialize DNS local resolver|refresh DNS)|icmp router terminated|no more connections active|Connection terminated connIndex)|error="context canceled"/;

/** The last error in some output, without its timestamp. */
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

/** True when Cloudflare refuses the token; cloudflared retries for ever then. */
export function isRefusal(error: string): boolean {
  return /Unauthorized/i.test(error);
}

/** Cloudflare's answer in place of a quick tunnel, such as `429 Too Many Requests`; undefined without such an answer. */
export function quickTunnelRefusal(output: string): string | undefined {
  const [, text] = /^(failed to (?:unmarshal|parse) quick Tunnel.*)$/im.exec(output) ?? [];
  if (text === undefined) return undefined;
  return /status_code="([^"]+)"/.exec(output)?.[1] ?? text;
}

/** True when QUIC cannot connect, as where a network blocks UDP. */
export function isBlockedUdp(error: string): boolean {
  return error.startsWith("Failed to dial a quic connection");
}
