import { createInterface } from "node:readline";
import { Fault } from "../../control/rpc/method.ts";
import { type CtlCommand, showHelp } from "./command.ts";
import type { ProcessInfo } from "./status.ts";
import { CallFault, type Session } from "./session.ts";
import { showLog } from "./tail.ts";

const fg: CtlCommand = {
  help: [["fg <name>", "Show what a process prints and send it what you type, until Ctrl-C"]],
  async run(session, names) {
    if (!(await session.isUp())) return;
    const [name, more] = names;
    if (name === undefined) {
      session.complain("ERROR: no process name supplied");
      showHelp(session, fg);
      return;
    }
    if (more !== undefined) return session.complain("ERROR: too many process names supplied");
    const words = { [Fault.BAD_NAME]: "ERROR: bad process name supplied" };
    const info = await session.callOrTell<ProcessInfo>(words, "getProcessInfo", name);
    if (info === undefined) return;
    if (info.statename !== "RUNNING") return session.complain("ERROR: process not running");
    await attach(session, name, info);
    session.output("Exiting foreground");
  },
};

/** Passes lines on until Ctrl-C, the end of the input, or the end of the process. */
async function attach(session: Session, name: string, info: ProcessInfo): Promise<void> {
  const over = new AbortController();
  const lines = createInterface({ input: process.stdin });
  const leave = () => over.abort();
  // Before it is offered: else it would end the prompt.
  process.once("SIGINT", leave);
  session.output("==> Press Ctrl-C to exit <==");
  over.signal.addEventListener("abort", () => lines.close());
  const logs = [info.stdout_logfile, info.stderr_logfile].filter((path) => path.startsWith("/var/"));
  const shown = logs.map((path) => showLog(path, over.signal));
  for await (const line of lines) {
    if (over.signal.aborted || !(await send(session, name, `${line}\n`))) break;
  }
  over.abort();
  process.off("SIGINT", leave);
  await Promise.all(shown);
}

async function send(session: Session, name: string, line: string): Promise<boolean> {
  try {
    await session.call("sendProcessStdin", name, line);
    return true;
  } catch (error) {
    if (!(error instanceof CallFault)) throw error;
    session.output(error.is(Fault.NOT_RUNNING) ? "Process got killed" : `ERROR: ${error.message}`);
    return false;
  }
}

export const foregroundCommands: Record<string, CtlCommand> = { fg };
