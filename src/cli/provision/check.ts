import { ExitCode } from "../../errors.ts";
import { print, printJson } from "../print.ts";
import { INVALID, readAll, type Subject } from "./subject.ts";

/** `ai-dock provision check`: reads and says what is wrong, and does nothing. */
export async function checkManifest(subject: Subject): Promise<number> {
  const { sources, items, problems, warnings } = await readAll(subject);
  const isValid = problems.length === 0;
  if (subject.json)
    printJson({ sources, valid: isValid, problems, warnings, items: items.map(({ id }) => id) });
  else if (sources.length === 0) print("No manifest");
  else if (isValid)
    print(`${items.length} ${items.length === 1 ? "item" : "items"} in ${sources.join(", ")}`);
  return isValid ? ExitCode.ok : INVALID;
}
