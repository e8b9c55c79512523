const SYMMETRIC_FROM = 70_000;

/**
 * Variables such as COMFYUI_PORT_HOST=70001 ask a cloud for a port with the same number inside and outside; the cloud
 * names it in VAST_TCP_PORT_70001 or RUNPOD_TCP_PORT_70001. Returns the variables with that number, and those for which
 * the cloud names none, by name and value.
 */
export function symmetricPorts(env: Record<string, string>) {
  const changes: Record<string, string> = {};
  const unanswered: [name: string, value: string][] = [];
  for (const [name, value] of Object.entries(env)) {
    if (!name.endsWith("_PORT_HOST") || !/^\d{5}$/.test(value) || Number(value) < SYMMETRIC_FROM) continue;
    const names = ["VAST_TCP_PORT", "VAST_UDP_PORT", "RUNPOD_TCP_PORT"].map((kind) => `${kind}_${value}`);
    const found = names.map((one) => env[one] ?? "").find((one) => /^\d{1,5}$/.test(one));
    if (found === undefined) unanswered.push([name, value]);
    else changes[name] = found;
  }
  return { changes, unanswered };
}
