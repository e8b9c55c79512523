import { createHash } from "node:crypto";
import { z } from "zod";
import { run } from "../../sys/run.ts";

const dump = z.record(z.string(), z.record(z.string(), z.unknown()));

/**
 * For each remote of the configuration file something that changes with its settings; a running rclone goes
 * on with those it began with. Tokens are left out, as rclone renews them itself.
 */
export async function fingerprints(
  env: Record<string, string>,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const command = ["rclone", "config", "dump", "--ask-password=false"];
  const { code, stdout } = await run(command, { env, signal });
  const remotes = code === 0 ? parse(stdout) : {};
  return Object.fromEntries(
    Object.entries(remotes).map(([name, settings]) => [name, digest({ ...settings, token: undefined })]),
  );
}

function digest(settings: Record<string, unknown>): string {
  return createHash("sha256").update(JSON.stringify(settings)).digest("hex");
}

function parse(text: string): z.infer<typeof dump> {
  try {
    return dump.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
