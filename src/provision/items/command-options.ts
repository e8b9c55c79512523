import type { Owner } from "../ownership.ts";

/** Who runs a command. */
export interface As {
  /** Words in front of the command. */
  prefix: string[];
  /** Whether the environment is `env` alone. */
  isClean: boolean;
  env: Record<string, string>;
  /** Undefined: we ourselves. */
  owner: Owner | undefined;
}

export interface CommandOptions {
  cwd?: string;
  /** Beside the environment of the provisioning. */
  env?: Record<string, string>;
  /** Absent: we ourselves. */
  as?: As;
  /** An open file that the command keeps open: a lock, for as long as the command runs. */
  holds?: number;
  /** Collects the output instead of logging it. */
  quiet?: boolean;
  /** Without what the command writes to standard error: warnings are no answer. */
  withoutErrors?: boolean;
  /** How many characters of the output are kept, from its end; 64 Ki. */
  output?: number;
  /** What the command reads. Unlike its words, nobody sees that in `ps`. */
  input?: string;
}

export interface CommandResult {
  code: number;
  /** The last of what the command has written. */
  output: string;
}

/** Runs a command in a process group of its own, which an abort ends; output is logged as that of the item. */
export type RunCommand = (command: string[], options?: CommandOptions) => Promise<CommandResult>;
