import type { ContainerOutput } from "../logs/write/container.ts";
import type { LogFile } from "../logs/write/log-file.ts";
import type { LogSpec } from "../programs/spec.ts";
import type { OutOfMemory } from "./exit-reason.ts";

/** The open files of all logs, by path. */
export interface LogStore {
  /** The open file for a log; the same one for the same path. */
  open(spec: LogSpec): LogFile | null;
  /** Nobody that opened this log needs it any more. */
  release(spec: LogSpec): void;
}

/** What all programs of a container share, from the supervisor down to the launch of a process. */
export interface SupervisorContext {
  /** The boot environment; programs get it as it is when they start. */
  env: Record<string, string>;
  /** Where clients of supervisord find this supervisor. */
  serverUrl: string;
  /** The container's own output, where all programs' output goes besides their files. */
  container: ContainerOutput | null;
  logs: LogStore;
  memory: OutOfMemory;
  /** Between SIGKILL and the moment when a process counts as hung. */
  hangSeconds: number;
}
