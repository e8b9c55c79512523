import { z } from "zod";
import { logger } from "../../log.ts";
import { configured, logProblems } from "../../supervisor/configuration.ts";
import { update } from "../../supervisor/update.ts";
import { type ControlContext, requireRunning } from "../context.ts";
import { processInfo } from "./info.ts";
import { findOne, method, none, RpcFault, text } from "./method.ts";

/** The release of supervisord that is followed: clients compare versions and adapt. */
const SUPERVISOR_VERSION = "4.2.5";
const API_VERSION = "3.0";

const log = logger("supervisor");

const apiVersion = method("string", "Version of this interface", none, () => API_VERSION);

/** The supervisor itself, and the state of processes. */
export const daemonMethods = {
  getAPIVersion: apiVersion,
  getVersion: apiVersion,
  getSupervisorVersion: method(
    "string",
    "Version of supervisord that is spoken",
    none,
    () => SUPERVISOR_VERSION,
  ),
  getIdentification: method("string", "Name of this supervisor", none, () => "supervisor"),
  getState: method("struct", "State of the supervisor", none, ({ supervisor }) =>
    supervisor.phase === "stopping"
      ? { statecode: -1, statename: "SHUTDOWN" }
      : { statecode: 1, statename: "RUNNING" },
  ),
  getLogPath: method("string", "Path of the log of the supervisor", none, ({ mainLog }) => mainLog.path),
  getPID: method("int", "Process id of the supervisor", none, () => process.pid),
  shutdown: method("boolean", "Stop all processes and the container", none, ({ requestStop }) => {
    // The answer goes out first.
    setTimeout(requestStop, 0);
    return true;
  }),
  restart: method("boolean", "Stop all processes, read the configuration and start anew", none, (context) => {
    requireRunning(context.supervisor.phase);
    void restart(context);
    return true;
  }),
  getProcessInfo: method("struct string", "State of a process", z.tuple([text]), ({ supervisor }, [name]) =>
    processInfo(findOne(supervisor, name)),
  ),
  getAllProcessInfo: method("array", "State of all processes", none, ({ supervisor }) =>
    supervisor.programs
      .map((program) => processInfo(program))
      .toSorted((a, b) => compare(a.group, b.group) || compare(a.name, b.name)),
  ),
  sendProcessStdin: method(
    "boolean string string",
    "Write to the standard input of a process",
    z.tuple([text, text]),
    async ({ supervisor }, [name, chars]) => {
      const program = findOne(supervisor, name);
      if (program.pid === null || program.state === "STOPPING") throw new RpcFault("NOT_RUNNING", name);
      if (!(await program.writeStdin(Buffer.from(chars)))) throw new RpcFault("NO_FILE", name);
      return true;
    },
  ),
};

async function restart({ supervisor, configuration }: ControlContext): Promise<void> {
  log.info("restarting all programs by request");
  await supervisor.stop(configured(supervisor));
  logProblems((await update(supervisor, configuration)).problems);
  await supervisor.autostart();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
