import type { Supervisor } from "../../../supervisor/supervisor.ts";
import { socketOf } from "../../remotes/layout.ts";
import { type Activity, seen, type Source, unmeasured } from "./activity.ts";

/** Files that wait in the caches of mounted remotes, or are on their way. */
export function uploadsSource(supervisor: Pick<Supervisor, "programs">): Source {
  return {
    name: "uploads",
    async look() {
      const names = supervisor.programs.flatMap(({ state, facts }) => {
        const name = facts["remote"];
        return state === "RUNNING" && typeof name === "string" ? [name] : [];
      });
      return (await Promise.all(names.map(lookAt))).flat();
    },
  };
}

async function lookAt(name: string): Promise<Activity[]> {
  try {
    // Megabytes of PID 1, for containers with remotes alone.
    const { mountControl } = await import("../../remotes/control.ts");
    const stats = await mountControl(socketOf(name)).stats();
    const waiting = (stats?.uploadsQueued ?? 0) + (stats?.uploadsInProgress ?? 0);
    return waiting > 0 ? [seen("uploads", `uploads to ${name} wait`)] : [];
  } catch {
    return [unmeasured("uploads", `rclone does not tell whether uploads to ${name} wait`)];
  }
}
