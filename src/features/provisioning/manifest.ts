import { existsSync } from "node:fs";
import { AiDockError, ExitCode } from "../../errors.ts";
import { hasManifest } from "../../provision/manifest/places.ts";
import { isSilent } from "../../sys/silent-mounts.ts";
import type { BootContext, StepResult } from "../step.ts";

/** True when a manifest, or a variable of the kind, asks for something. */
export const wantsManifest = (env: Record<string, string>) =>
  hasManifest(env, (path) => !isSilent(path) && existsSync(path));

/**
 * Applies the manifests of the container in a process of its own, which logs as the script of the provisioning does.
 * Undefined when there is none, or when the container stops meanwhile. Throws AiDockError when an item failed.
 */
export async function applyManifests(context: BootContext): Promise<StepResult | undefined> {
  const { env, settings, signal } = context;
  if (!wantsManifest(env)) return undefined;
  const { code } = await context.runLogged({
    name: "provisioning",
    command: [process.execPath, "provision", "apply"],
    env,
    timeout: settings.PROVISIONING_TIMEOUT,
  });
  if (signal.aborted) return undefined;
  if (code === ExitCode.ok) return { message: "Provisioning by manifest done" };
  if (code === ExitCode.partly) return { message: "Provisioning by manifest done, but for optional items" };
  const reason =
    code === ExitCode.configuration
      ? "expected a manifest without mistakes, got some (above); nothing of it is done"
      : `expected all items to be done, got exit code ${code}`;
  throw new AiDockError(`Provisioning: ${reason}; boot goes on`, {
    code: "E_PROVISIONING",
    hint: "ai-dock provision status",
  });
}
