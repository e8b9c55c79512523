import { existsSync } from "node:fs";
import { control } from "../../control/client.ts";
import { controlSocket } from "../../sys/runtime-directory.ts";
import type { Fault } from "../../control/rpc/method.ts";
import { AiDockError } from "../../errors.ts";
import { print } from "../print.ts";

/** Exit codes of supervisorctl (LSBInitExitStatuses in supervisorctl.py). */
export const Exit = {
  success: 0,
  generic: 1,
  invalidArguments: 2,
  statusNotRunning: 3,
  refused: 4,
  statusUnknown: 4,
  notRunning: 7,
} as const;

/** A method that answered with a fault. */
export class CallFault extends Error {
  override readonly name = "CallFault";
  readonly code: number;

  constructor({ code, text }: { code: number; text: string }) {
    super(text);
    this.code = code;
  }

  is(code: (typeof Fault)[keyof typeof Fault]): boolean {
    return this.code === code;
  }
}

/** No supervisor answers at the socket. */
export class NoServer extends Error {
  override readonly name = "NoServer";
}

const SOCKET = controlSocket();
const URL = `unix://${SOCKET}`;

/** One run of supervisorctl: its commands in a row, and the exit code of the last one that failed. */
export class Session {
  exitCode: number = Exit.success;
  /** Asks the user at the prompt; undefined without a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;

  constructor(ask?: (question: string) => Promise<string>) {
    this.ask = ask;
  }

  output(line: string): void {
    print(line);
  }

  /** Prints what went wrong and sets the exit code. */
  complain(message: string, code: number = Exit.generic): void {
    this.output(message);
    this.exitCode = code;
  }

  /** Calls a method of the supervisor. Throws CallFault or NoServer. */
  async call<Result>(method: string, ...params: unknown[]): Promise<Result> {
    try {
      const reply = await control.rpc(method, params);
      if ("fault" in reply) throw new CallFault(reply.fault);
      return reply.result as Result;
    } catch (error) {
      if (!(error instanceof AiDockError && error.code === "E_NO_SUPERVISOR")) throw error;
      throw new NoServer(`${URL} ${existsSync(SOCKET) ? "refused connection" : "no such file"}`);
    }
  }

  /**
   * Calls a method. A fault with a text in `words` is printed as that text, and the result is undefined. Throws CallFault
   * for other faults, and NoServer.
   */
  async callOrTell<Result>(
    words: Readonly<Record<number, string>>,
    method: string,
    ...params: unknown[]
  ): Promise<Result | undefined> {
    try {
      return await this.call<Result>(method, ...params);
    } catch (error) {
      const text = error instanceof CallFault ? words[error.code] : undefined;
      if (text === undefined) throw error;
      this.complain(text);
      return undefined;
    }
  }

  /** True when a supervisor answers; otherwise prints why not and sets supervisorctl's exit code. */
  async isUp(): Promise<boolean> {
    try {
      await this.call("getVersion");
      return true;
    } catch (error) {
      if (!(error instanceof NoServer)) throw error;
      this.complain(
        error.message,
        error.message.endsWith("refused connection") ? Exit.refused : Exit.notRunning,
      );
      return false;
    }
  }
}
