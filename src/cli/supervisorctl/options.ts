import { parseArgs } from "node:util";
import { controlSocket } from "../../sys/runtime-directory.ts";
import { messageOf } from "../../errors.ts";
import { usageError } from "../command.ts";

export interface CtlOptions {
  help: boolean;
  interactive: boolean;
  historyFile: string | undefined;
  /** The command and its words; none means the prompt. */
  words: string[];
}

const NAME = "supervisorctl";

/** Every URL of the control socket. */
const OWN_URLS = new Set(
  [controlSocket(), "/run/supervisor.sock", "/var/run/supervisor.sock"].map((path) => `unix://${path}`),
);

export const usage = `Usage: ${NAME} [options] [command [arguments]]

Controls the programs of this container. Without a command it asks for commands; "help" lists them.

Options:
  -h, --help               Show this help
  -i, --interactive        Ask for more commands after the given one
  -r, --history-file FILE  Keep the commands that were typed
  -s, --serverurl URL      Accepted when it is the socket of this container
  -c, -u, -p VALUE         Accepted without effect: there is no configuration and no password`;

const definitions = {
  help: { type: "boolean", short: "h" },
  interactive: { type: "boolean", short: "i" },
  configuration: { type: "string", short: "c" },
  serverurl: { type: "string", short: "s" },
  username: { type: "string", short: "u" },
  password: { type: "string", short: "p" },
  "history-file": { type: "string", short: "r" },
  history_file: { type: "string" },
} as const;

/** Reads the options of supervisorctl, which end where the command begins. Throws AiDockError for a wrong use. */
export function readOptions(args: string[]): CtlOptions {
  const { end, start } = findCommand(args);
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args.slice(0, end));
  } catch (error) {
    throw usageError(NAME, messageOf(error));
  }
  const { serverurl } = values;
  if (serverurl !== undefined && !OWN_URLS.has(serverurl))
    throw usageError(NAME, `--serverurl: expected unix://${controlSocket()}, got "${serverurl}"`);
  const words = args.slice(start);
  return {
    help: values.help === true,
    interactive: values.interactive === true || words.length === 0,
    historyFile: values["history-file"] ?? values.history_file,
    words,
  };
}

/** Where options end, and where the command starts: at the first word that is no value of an option, or behind `--`. */
function findCommand(args: string[]): { end: number; start: number } {
  const { tokens } = parseArgs({ args, options: definitions, strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind !== "option");
  if (first === undefined) return { end: args.length, start: args.length };
  return { end: first.index, start: first.kind === "option-terminator" ? first.index + 1 : first.index };
}

function parse(args: string[]) {
  return parseArgs({ args, options: definitions }).values;
}
