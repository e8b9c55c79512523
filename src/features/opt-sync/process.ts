import { writeSync } from "node:fs";
import { AiDockError, messageOf } from "../../errors.ts";
import { printable } from "../../log.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { keepOutcomes, type Outcome } from "./outcome.ts";
import { settle } from "./settle.ts";

export interface SyncOptions {
  names: string[];
  /** With a slash at its end. */
  workspace: string;
  /** Where the outcomes are kept. */
  outcomes: string;
  /** Instead of /opt. */
  opt?: string;
  /** Since when files of the container may have been changed, in milliseconds. */
  since: number;
  /** How long another container that has the lock may give no sign of life. */
  patience?: number;
}

const PATIENCE_SECONDS = 600;

const say = (line: string) => void writeSync(1, `${printable(line)}\n`);

/** The process `ai-dock opt-sync`: brings directories of /opt to the volume, one after the other. Resolves to the exit code. */
export function syncProcess(options: SyncOptions): void {
  const { names, workspace: shown, opt: place = "/opt", since } = options;
  const outcomes: Outcome[] = [];
  try {
    using opt = DirectoryHandle.open(place);
    using workspace = DirectoryHandle.open(shown);
    const patienceSeconds = options.patience ?? PATIENCE_SECONDS;
    for (const name of names) {
      const outcome = settle({ opt, workspace, name, shown, place, since, say, patienceSeconds });
      outcomes.push(outcome);
      say(describe(outcome, shown));
      keepOutcomes(options.outcomes, outcomes);
    }
  } catch (error) {
    throw new AiDockError(messageOf(error), { cause: error });
  }
}

/** One line on what has become of a directory. */
function describe({ name, state, moved, reason }: Outcome, shown: string): string {
  if (state === "container") return `${name}: stays in the container: ${reason}`;
  if (state !== "volume") return `${name}: ${reason}`;
  const what = moved ? `is in "${shown}${name}" now` : `is used from "${shown}${name}"`;
  return reason === null ? `${name}: ${what}` : `${name}: ${what}; ${reason}`;
}
