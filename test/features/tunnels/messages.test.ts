import { describe, expect, test } from "bun:test";
import {
  isBlockedUdp,
  isRefusal,
  lastError,
  metricsPort,
  quickTunnelRefusal,
} from "../../../src/features/tunnels/messages.ts";

describe("its words", () => {
  const output = [
    "2026-11-23T21:37:58Z INF Starting metrics server on 127.0.0.1:40123/metrics",
    '2026-11-23T21:37:59Z ERR Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0',
    "2026-11-23T21:37:59Z INF Retrying connection in up to 2s connIndex=0",
    "2026-11-23T21:38:",
  ].join("\n");

  test("tell the port of its metrics and the last error", () => {
    expect(metricsPort(output)).toBe(40123);
    expect(lastError(output)).toBe(
      'Register tunnel error from server side error="Unauthorized: Invalid tunnel secret" connIndex=0',
    );
    expect(metricsPort("")).toBeUndefined();
    expect(lastError(output.split("\n").slice(2).join("\n"))).toBeUndefined();
  });

  test("before it has a logger are complaints, too", () => {
    expect(lastError("Provided Tunnel token is not valid.\nSee 'cloudflared tunnel run --help'.\n")).toBe(
      "Provided Tunnel token is not valid.",
    );
  });

  test("of a file that is empty on purpose are none", () => {
    expect(lastError("2026-11-24T12:45:45Z ERR Configuration file /dev/null was empty\n")).toBeUndefined();
  });

  test("of what ends because the tunnel has ended are none", () => {
    const clock = "2026-11-24T12:46:28Z ERR";
    const ending = [
      `${clock} Initiating shutdown error="Tunnel is deleted"`,
      `${clock} icmp router terminated error="context canceled"`,
      `${clock} failed to serve incoming request error="Unable to reach the origin service"`,
      "Tunnel is deleted",
    ].join("\n");
    expect(lastError(ending)).toBe("Tunnel is deleted");
  });

  test("at its end have no clock", () => {
    const ending =
      '2026-11-24T12:46:28Z ERR Initiating shutdown error="Could not lookup srv records"\n' +
      "2026-11-24T12:46:29Z INF Metrics server stopped\nCould not lookup srv records\n";
    expect(lastError(ending)).toBe("Could not lookup srv records");
  });

  test("tell a refused token and a rate limit from other trouble", () => {
    expect(isRefusal(lastError(output) ?? "")).toBeTrue();
    expect(isRefusal("dial tcp: i/o timeout")).toBeFalse();
    const bare = "failed to unmarshal quick Tunnel: invalid character 'e' looking for beginning of value";
    const before =
      '2026-11-24T12:46:28Z ERR Error unmarshaling QuickTunnel response: error code: 1015 status_code="429 Too Many Requests"';
    expect(quickTunnelRefusal(`${before}\n${bare}\n`)).toBe("429 Too Many Requests");
    expect(quickTunnelRefusal(bare)).toBe(bare);
    expect(quickTunnelRefusal("no such host")).toBeUndefined();
  });

  test("tell a network that blocks UDP", () => {
    const dial = "failed to dial to edge with quic: timeout: no recent network activity";
    expect(isBlockedUdp(`Failed to dial a quic connection error="${dial}" connIndex=0`)).toBeTrue();
    expect(isBlockedUdp(lastError(output) ?? "")).toBeFalse();
  });
});
