import { Fault } from "../../control/rpc/method.ts";
import { type CtlCommand, withoutArguments } from "./command.ts";
import { CallFault, NoServer, type Session } from "./session.ts";

const shutdown = withoutArguments(
  "shutdown",
  [["shutdown", "Stop all processes and the container"]],
  async (session) => {
    if (!(await isMeant(session, "Really shut the remote supervisord process down y/N? "))) return;
    try {
      await session.call("shutdown");
      session.output("Shut down");
    } catch (error) {
      if (error instanceof NoServer) session.complain(`ERROR: ${error.message} (already shut down?)`);
      else if (error instanceof CallFault && error.is(Fault.SHUTDOWN_STATE))
        session.output("ERROR: already shutting down");
      else throw error;
    }
  },
);

const reload = withoutArguments(
  "reload",
  [["reload", "Stop all processes, read the configuration and start anew"]],
  async (session) => {
    if (!(await isMeant(session, "Really restart the remote supervisord process y/N? "))) return;
    const words = { [Fault.SHUTDOWN_STATE]: "ERROR: already shutting down" };
    if (await session.callOrTell(words, "restart")) session.output("Restarted supervisord");
  },
);

async function isMeant(session: Session, question: string): Promise<boolean> {
  return session.ask === undefined || (await session.ask(question)).toLowerCase().startsWith("y");
}

const version = withoutArguments(
  "version",
  [["version", "Show the version of supervisord that is spoken"]],
  async (session) => {
    if (await session.isUp()) session.output(await session.call<string>("getSupervisorVersion"));
  },
);

const open: CtlCommand = {
  help: [["open <url>", "Talk to another supervisor; there is only the one of this container"]],
  run(session) {
    session.complain("ERROR: there is no other supervisor than the one of this container");
  },
};

export const daemonCommands: Record<string, CtlCommand> = { shutdown, reload, version, open };
