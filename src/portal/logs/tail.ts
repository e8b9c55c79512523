import type { PortalStreams } from "../../control/portal/streams.ts";
import { plainForm } from "./plain.ts";

/** Enough for some lines of an ordinary log. */
const TAIL_BYTES = 16 * 1024;

/** The last lines of a log as plain text, without colours, each in its last form; none where there is no such log. */
export async function lastLines(
  control: Pick<PortalStreams, "logBytes">,
  name: string,
  count: number,
): Promise<string[]> {
  const place = { name, stream: "stdout", index: 0 } as const;
  const end = await control.logBytes({ ...place, offset: 0, length: 1 }).catch(() => undefined);
  if (end === undefined) return [];
  const offset = Math.max(0, end.size - TAIL_BYTES);
  const piece = await control.logBytes({ ...place, offset, length: TAIL_BYTES }).catch(() => undefined);
  const lines = new TextDecoder().decode(piece?.bytes).split("\n").map(plainForm);
  // The first one may be the end of a line.
  if (offset > 0) lines.shift();
  return lines.filter((line) => line.trim() !== "").slice(-count);
}
