import { findCommand } from "./commands.ts";
import { CallFault, NoServer, type Session } from "./session.ts";

/** Runs one line as typed; false when it ends the session. */
export async function runLine(session: Session, line: string): Promise<boolean> {
  const [, mark = "", name = "", rest = ""] = /^\s*(\??)\s*(\w*)(.*)$/s.exec(line) ?? [];
  if (line.trim() === "") return true;
  if (name === "EOF" || name === "exit" || name === "quit") return false;
  const command = findCommand(mark === "?" ? "help" : name);
  if (command === undefined) {
    session.complain(`*** Unknown syntax: ${line.trim()}`);
    return true;
  }
  const args = `${mark === "?" ? name : ""}${rest}`.split(/\s+/).filter((word) => word !== "");
  try {
    await command.run(session, args);
  } catch (error) {
    if (!(error instanceof CallFault) && !(error instanceof NoServer)) throw error;
    session.complain(`error: ${error.message}`);
  }
  return true;
}
