import { dirname } from "node:path";
import { ContainerOutput } from "../logs/write/container.ts";
import { LogFile } from "../logs/write/log-file.ts";
import { addLogTarget, logger } from "../log.ts";
import { LineBatch } from "./line-batch.ts";
import type { LogStore } from "../supervisor/context.ts";
import { LOG_DIRECTORY, MEGABYTE } from "../programs/spec.ts";

const OWN_LOG_BYTES = 10 * MEGABYTE;
const OWN_LOG_BACKUPS = 1;

/** All logs of this process: one open file for each path, and the output of the container. */
export interface BootLogs extends LogStore {
  readonly container: ContainerOutput | null;
  /** The open log file NAME.log of a boot step or script. */
  file(name: string): LogFile;
  /** Writes a line of our own under a name, to its file and the container. */
  line(name: string, text: string): void;
  /** Resolves when everything is in the container's output, its reader stalls, or `timeoutMs` has passed. */
  flush(timeoutMs: number): Promise<void>;
  /** The log of the supervisor. */
  main: { path: string; clear(): void };
  /** Opens all files again by their paths, after logrotate or a user has renamed them. */
  reopen(): void;
  /** The name of our own lines from now on. */
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
  /** How many streams of programs share a file. */
  const users = new Map<string, number>();
  const warn = (message: string) => logger("logs").warn(message);
  const open = (path: string, maxBytes: number, backups: number) => {
    // `ai-dock logs` reads times in LOG_DIRECTORY only; elsewhere their folder would be in the way.
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
    open(spec) {
      if (spec.kind !== "file") return null;
      users.set(spec.path, (users.get(spec.path) ?? 0) + 1);
      const file = open(spec.path, spec.maxBytes, spec.backups);
      // The file may be open with the limits of an earlier configuration.
      file.setLimits(spec);
      return file;
    },
    release(spec) {
      if (spec.kind !== "file") return;
      const left = (users.get(spec.path) ?? 0) - 1;
      users.set(spec.path, left);
      if (left > 0) return;
      files.get(spec.path)?.close();
      files.delete(spec.path);
      users.delete(spec.path);
    },
    file: (name) => open(`${LOG_DIRECTORY}/${name}.log`, OWN_LOG_BYTES, OWN_LOG_BACKUPS),
    line(name, text) {
      own.flush();
      write(name, text);
    },
    async flush(timeoutMs) {
      own.flush();
      await container?.flush(timeoutMs);
    },
    main: {
      path: `${LOG_DIRECTORY}/supervisor.log`,
      clear() {
        own.flush();
        logs.file("supervisor").clear();
      },
    },
    reopen() {
      own.flush();
      for (const file of files.values()) file.reopen();
    },
    ownName: "boot",
    mute() {
      own.flush();
      container = null;
    },
  };
  const write = (name: string, lines: string) => {
    logs.file(name).write(Buffer.from(`${lines}\n`));
    container?.line(name, lines);
  };
  const own = new LineBatch(write);
  addLogTarget((text) => own.add(logs.ownName, text));
  return logs;
}
