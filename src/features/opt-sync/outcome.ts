import { z } from "zod";
import { lazy } from "../../lazy.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";

const outcome = lazy(() =>
  z.object({
    name: z.string(),
    /** Where the app is: linked to the volume, in the container as the image has it, nowhere whole, or not in the image. */
    state: z.enum(["volume", "container", "broken", "absent"]),
    /** True when this boot has copied it. */
    moved: z.boolean(),
    /** Why it is not on the volume, or what is to be known about it. */
    reason: z.string().nullable(),
  }),
);

/** What has become of one name of OPT_SYNC. */
export type Outcome = z.infer<ReturnType<typeof outcome>>;

/** Where the outcomes of this boot are kept for `ai-dock doctor`. */
export const outcomesFile = () => runtimePath("opt-sync.json");

/** Keeps the outcomes for other processes, which need no rights of root to read them. */
export function keepOutcomes(path: string, outcomes: Outcome[]): void {
  writeFileAtomic(path, `${JSON.stringify(outcomes)}\n`, 0o644);
}

/** The outcomes that were kept; none where nothing was, or cannot be read. */
export function readOutcomes(path: string): Outcome[] {
  try {
    return z.array(outcome()).parse(JSON.parse(readIfExists(path) ?? "[]"));
  } catch {
    return [];
  }
}
