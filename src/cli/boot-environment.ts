import { control } from "../control/client.ts";

/**
 * The environment of the boot, which a `docker exec` lacks; that of this process while an image is built, and for users who
 * may not ask the supervisor.
 */
export async function bootEnvironment(): Promise<Record<string, string>> {
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const { env } = await control.environment().catch(() => ({ env: {} }));
  return { ...(Object.fromEntries(own) as Record<string, string>), ...env };
}
