import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { z } from "zod";
import { hangReason } from "../../sys/silent-mounts.ts";
import type { ControlContext } from "../context.ts";
import { logPath } from "./info.ts";
import { findOne, forEach, method, none, RpcFault, text } from "./method.ts";

/** The most that one call returns: a log may be larger than the memory of the container. */
const LARGEST_READ_BYTES = 16 * 1024 * 1024;

const integer = z.number().int();
const range = z.tuple([integer, integer]);
const namedRange = z.tuple([text, integer, integer]);

const clearLogs = method(
  "boolean string",
  "Empty the logs of a process",
  z.tuple([text]),
  (context, [name]) => {
    findOne(context.supervisor, name).output.clear();
    return true;
  },
);
const readMain = method(
  "string int int",
  "Read bytes of the log of the supervisor",
  range,
  (context, [offset, length]) => readFile(context.mainLog.path, offset, length),
);

/** The methods that read one output of a process. */
function readersOf(stream: "stdout" | "stderr", output: string) {
  return {
    read: method(
      "string string int int",
      `Read bytes of the ${output} of a process: from an offset, or with a negative one from the end`,
      namedRange,
      (context, [name, offset, length]) => readFile(pathOf(context, name, stream), offset, length),
    ),
    tail: method(
      "array string int int",
      `The last bytes of the ${output} of a process: text, size of the log, and whether there was more`,
      namedRange,
      (context, [name, offset, length]) => tailFile(pathOf(context, name, stream), offset, length),
    ),
  };
}

const stdout = readersOf("stdout", "output");
const stderr = readersOf("stderr", "error output");

/** Logs as supervisord reads them (readFile and tailFile of options.py). */
export const logMethods = {
  readLog: readMain,
  readMainLog: readMain,
  clearLog: method("boolean", "Empty the log of the supervisor", none, (context) => {
    context.mainLog.clear();
    return true;
  }),
  readProcessStdoutLog: stdout.read,
  readProcessLog: stdout.read,
  readProcessStderrLog: stderr.read,
  tailProcessStdoutLog: stdout.tail,
  tailProcessLog: stdout.tail,
  tailProcessStderrLog: stderr.tail,
  clearProcessLogs: clearLogs,
  clearProcessLog: clearLogs,
  clearAllProcessLogs: method("array", "Empty the logs of all processes", none, ({ supervisor }) =>
    forEach(supervisor.programs, (program) => program.output.clear()),
  ),
};

function pathOf({ supervisor }: ControlContext, name: string, stream: "stdout" | "stderr"): string {
  const { spec } = findOne(supervisor, name);
  const log = spec[stream];
  return log === "stdout" ? "" : logPath(log);
}

/** Reads a range of a log. Throws RpcFault NO_FILE without a log file, BAD_ARGUMENTS for an impossible range. */
function readFile(path: string, offset: number, length: number): string {
  const file = open(path);
  if (file === undefined) throw new RpcFault("NO_FILE", path || undefined);
  using _ = file;
  if (offset < 0 ? length !== 0 : length < 0) throw new RpcFault("BAD_ARGUMENTS");
  if (offset < 0) return file.read(Math.max(0, file.size + offset), -offset);
  return file.read(offset, length === 0 ? file.size : length);
}

function tailFile(path: string, offset: number, length: number): [string, number, boolean] {
  const file = open(path);
  if (file === undefined) return ["", 0, false];
  using _ = file;
  const { size } = file;
  const overflow = size > offset + length;
  const wanted = offset + length > size && offset > size - 1 ? 0 : Math.max(0, length);
  const start = overflow ? size - 1 : offset + length > size ? size - wanted : offset;
  return [file.read(Math.max(0, start), wanted), size, overflow];
}

/** Opens a regular file; undefined for anything else, such as the container's output, and for remotes, which may hang. */
function open(path: string) {
  if (hangReason(path) !== undefined) return undefined;
  let fd: number;
  try {
    fd = openSync(path, "r");
  } catch {
    return undefined;
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    return undefined;
  }
  return {
    size: stat.size,
    read(position: number, length: number): string {
      const bytes = Buffer.alloc(Math.min(length, Math.max(0, stat.size - position), LARGEST_READ_BYTES));
      return bytes.toString("utf8", 0, readSync(fd, bytes, 0, bytes.byteLength, position));
    },
    [Symbol.dispose]: () => closeSync(fd),
  };
}
