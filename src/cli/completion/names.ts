import { control } from "../../control/client.ts";
import { listLogs } from "../../logs/names.ts";
import { programId } from "../../programs/names.ts";
import { LOG_DIRECTORY } from "../../programs/spec.ts";

/** Whatever names programs: names, groups and `all`; nothing without a supervisor. */
export async function programNames(): Promise<string[]> {
  try {
    const { programs } = await control.status();
    const groups = programs.filter(({ name, group }) => name !== group).map(({ group }) => `${group}:*`);
    return [...programs.map(programId), ...new Set(groups), "all"];
  } catch {
    return [];
  }
}

/** Names of all logs. */
export function logNames(): string[] {
  return [...new Set(listLogs(LOG_DIRECTORY).map(({ name }) => name))];
}
