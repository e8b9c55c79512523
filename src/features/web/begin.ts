import type { Supervisor } from "../../supervisor/supervisor.ts";
import { NOTHING_TO_DO } from "./wanted.ts";

/** True for Caddy and the portal, where no drop-in has taken their place. */
export function isOfWeb({ name, origin }: { name: string; origin: { kind: string } }): boolean {
  return (name === "portal" || name === "caddy") && origin.kind === "builtin";
}

/** Starts Caddy and the portal, which were skipped for want of services, unless somebody has stopped them. */
export async function beginWeb(supervisor: Supervisor): Promise<void> {
  if (supervisor.phase === "stopping") return;
  const waiting = supervisor.programs.filter(
    ({ spec, isDown, stoppedByRequest, refused, times }) =>
      isOfWeb(spec) &&
      spec.skipped === NOTHING_TO_DO &&
      isDown &&
      !stoppedByRequest &&
      !refused &&
      times.started === 0,
  );
  await supervisor.begin(waiting);
}
