import { ExitCode } from "../../errors.ts";
import { describeProgress } from "../../provision/progress/describe.ts";
import { type ItemLine, readState } from "../../provision/progress/file.ts";
import { print, printJson, type Style, tableLines } from "../print.ts";

const styles: Partial<Record<ItemLine["state"], Style>> = {
  done: "green",
  unchanged: "green",
  running: "yellow",
  failed: "red",
  skipped: "red",
};

/** `ai-dock provision status`: how the items of the last provisioning stand. */
export function provisioningStatus(json: boolean): number {
  const state = readState();
  if (json) printJson(state ?? { isRunning: false, sources: [], items: [] });
  else if (state === undefined) print("Nothing was provisioned by a manifest");
  else {
    const rows = tableLines(state.items, [
      { text: ({ name }) => name },
      { text: (item) => item.state, style: (item) => styles[item.state] ?? "dim" },
      { text: details },
    ]);
    for (const row of rows) print(row);
  }
  const isBad = ({ state: at, optional }: ItemLine) => !optional && (at === "failed" || at === "skipped");
  return state?.items.some(isBad) === true ? ExitCode.failure : ExitCode.ok;
}

function details({ received, total, rate, detail, reason, state }: ItemLine): string {
  const progress =
    state === "running" && received !== undefined
      ? describeProgress({ received, total, resumedFrom: 0 }, rate)
      : undefined;
  return [progress, detail, reason].filter((text) => text !== undefined && text !== "").join(", ");
}
