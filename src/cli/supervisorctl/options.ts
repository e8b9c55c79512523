import { parseArgs } from "node:util";
import { controlSocket } from "../../control/protocol.ts";
import { messageOf } from "../../errors.ts";
import { usageError } from "../command.ts";

export interface CtlOptions {
  help: boolean;
  interactive: boolean;
  historyFile: string | undefined;
  /** The command and its words; without any it is interactive. */
  words: string[];
}

const NAME = "supervisorctl";

/** Every path that leads to our socket. */
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

/** Reads the options of supervisorctl; they end where the command begins. Throws AiDockError for a wrong use. */
export function readOptions(args: string[]): CtlOptions {
  const end = commandStart(args);
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args.slice(0, end));
  } catch (error) {
    throw usageError(NAME, messageOf(error));
  }
  const { serverurl } = values;
  if (serverurl !== undefined && !OWN_URLS.has(serverurl))
    throw usageError(NAME, `--serverurl: expected unix://${controlSocket()}, got "${serverurl}"`);
  const words = args.slice(end);
  return {
    help: values.help === true,
    interactive: values.interactive === true || words.length === 0,
    historyFile: values["history-file"] ?? values.history_file,
    words,
  };
}

const VALUED = new Set(["-c", "-s", "-u", "-p", "-r"]);
const VALUED_LONG = /^--(configuration|serverurl|username|password|history[-_]file)$/;

/** The index of the first word that is neither an option nor the value of one. */
function commandStart(args: string[]): number {
  for (let index = 0; index < args.length; index++) {
    const word = args[index] as string;
    if (word === "--") return index + 1;
    if (!word.startsWith("-")) return index;
    if (VALUED.has(word) || VALUED_LONG.test(word)) index++;
  }
  return args.length;
}

function parse(args: string[]) {
  return parseArgs({
    args,
    options: {
      help: { type: "boolean", short: "h" },
      interactive: { type: "boolean", short: "i" },
      configuration: { type: "string", short: "c" },
      serverurl: { type: "string", short: "s" },
      username: { type: "string", short: "u" },
      password: { type: "string", short: "p" },
      "history-file": { type: "string", short: "r" },
      history_file: { type: "string" },
    },
  }).values;
}
