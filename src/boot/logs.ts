import { dirname } from "node:path";
import { ContainerOutput } from "../logs/container.ts";
import { LogFile } from "../logs/log-file.ts";
import { addLogTarget, logger } from "../log.ts";
import { LOG_DIRECTORY, type LogSpec, MEGABYTE } from "../programs/spec.ts";

const OWN_LOG_BYTES = 10 * MEGABYTE;
const OWN_LOG_BACKUPS = 1;

/** Every log this process writes: one file a path, and the container's own output. */
export interface BootLogs {
  readonly container: ContainerOutput | null;
  /** The open file for a program's stream. */
  open(spec: LogSpec): LogFile | null;
  /** The open file of a part of the boot: NAME.log. */
  file(name: string): LogFile;
  /** Writes a line of our own under a name, to its file and the container. */
  line(name: string, text: string): void;
  /** From now on our own lines go under this name. */
  ownName: string;
  /** Stops showing anything in the container's output: its terminal belongs to the main command. */
  mute(): void;
}

export interface BootLogOptions {
  /** 1, or 2 where standard output belongs to the main command. */
  fd: number;
  format: "prefix" | "plain" | "json";
}

/** Opens the container's output and sends our own log lines there and to boot.log. */
export function openLogs({ fd, format }: BootLogOptions): BootLogs {
  const files = new Map<string, LogFile>();
  const warn = (message: string) => logger("logs").warn(message);
  const open = (path: string, maxBytes: number, backups: number) => {
    // Elsewhere nobody looks for the times of lines, and a folder of ours would be in the way.
    const times = dirname(path) === LOG_DIRECTORY;
    const file = files.get(path) ?? new LogFile({ path, maxBytes, backups, warn, times });
    files.set(path, file);
    return file;
  };
  let container: ContainerOutput | null = new ContainerOutput({ fd, format });
  const logs: BootLogs = {
    get container() {
      return container;
    },
    open: (spec) => (spec.kind === "file" ? open(spec.path, spec.maxBytes, spec.backups) : null),
    file: (name) => open(`${LOG_DIRECTORY}/${name}.log`, OWN_LOG_BYTES, OWN_LOG_BACKUPS),
    line(name, text) {
      logs.file(name).write(Buffer.from(`${text}\n`));
      container?.line(name, text);
    },
    ownName: "boot",
    mute() {
      container = null;
    },
  };
  addLogTarget((text) => logs.line(logs.ownName, text));
  return logs;
}
