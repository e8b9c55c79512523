import { formatBytes } from "../../sys/disk.ts";
import { ExitCode } from "../../errors.ts";
import { type PlannedItem, planAll } from "../../provision/plan.ts";
import { print, printJson, style, tableLines } from "../print.ts";
import { INVALID, readAll, type Subject } from "./subject.ts";

const words: Record<PlannedItem["action"], string> = {
  do: "do",
  unchanged: "there already",
  unknown: "not known yet",
  off: "off",
  failed: "cannot be done",
};

/** `ai-dock provision plan`: says what an apply would do and how much it would download, and changes nothing. */
export async function planManifest(subject: Subject): Promise<number> {
  const prepared = await readAll(subject);
  if (prepared.problems.length > 0) {
    if (subject.json) printJson({ valid: false, problems: prepared.problems });
    return INVALID;
  }
  const items = await planAll(prepared, subject);
  const failed = items.some(({ action, optional }) => action === "failed" && !optional);
  if (subject.json) printJson({ valid: true, sources: prepared.sources, bytes: sumOf(items), items });
  else for (const line of linesOf(items)) print(line);
  return failed ? ExitCode.failure : ExitCode.ok;
}

const sumOf = (items: readonly PlannedItem[]) => items.reduce((sum, { bytes = 0 }) => sum + bytes, 0);

function linesOf(items: PlannedItem[]): string[] {
  if (items.length === 0) return ["Nothing to provision"];
  const rows = tableLines(items, [
    { text: ({ name }) => name },
    { text: ({ kind }) => kind },
    {
      text: ({ action }) => words[action],
      style: ({ action }) => (action === "failed" ? "red" : action === "do" ? "green" : "dim"),
    },
    {
      text: ({ kind, label, bytes, detail = kind === "command" ? label : undefined }) =>
        [bytes === undefined ? undefined : formatBytes(bytes), detail].filter(Boolean).join(", "),
    },
  ]);
  const todo = items.filter(({ action }) => action === "do" || action === "unknown").length;
  const open = items.filter(
    ({ action, kind, bytes }) => action === "do" && kind === "download" && bytes === undefined,
  );
  const more = open.length === 0 ? "" : ` and ${open.length} of unknown size`;
  return [
    ...rows,
    style("bold", `${todo} of ${items.length} to do, ${formatBytes(sumOf(items))} to download${more}`),
  ];
}
