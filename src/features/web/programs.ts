import type { ProgramSpec } from "../../programs/spec.ts";
import { caddyProgram, type OnCaddy } from "./caddy-program.ts";
import { portalProgram } from "./portal-program.ts";
import { readRegistry } from "./registry.ts";
import { webSettings } from "./settings.ts";
import { whyNotWanted } from "./wanted.ts";

/** What the front in PID 1 adds to its programs; other processes only describe them. */
export interface FrontHooks {
  onCaddy: OnCaddy;
  openControl: () => Promise<void>;
  skipReason: (reason: string | undefined) => string | undefined;
}

/** Caddy and the portal, skipped where nobody asks for them. */
export function webPrograms(
  env: Record<string, string>,
  specs: ProgramSpec[],
  hooks?: FrontHooks,
): ProgramSpec[] {
  const settings = webSettings(env);
  const reason = whyNotWanted(settings, readRegistry({ settings, specs }).entries);
  const skipped = hooks === undefined ? reason : hooks.skipReason(reason);
  return [
    portalProgram(env, hooks?.openControl ?? (async () => undefined), skipped),
    caddyProgram(env, hooks?.onCaddy ?? (() => undefined), skipped),
  ];
}
