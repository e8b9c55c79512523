import { appendFileSync } from "node:fs";
import { type AsyncCompleter, createInterface } from "node:readline";
import { readIfExists } from "../../sys/fs.ts";
import { commandNames, runWords, splitWords } from "./commands.ts";
import { programId } from "../../programs/names.ts";
import { readLine } from "./read-line.ts";
import { Session } from "./session.ts";

const PROMPT = "supervisor> ";
const MOST_HISTORY = 1000;

/** Runs commands from standard input until `exit` or the end of input; a terminal has history and completion. */
export async function runPrompt(historyFile: string | undefined): Promise<number> {
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const ask = (question: string) => readLine(question).then((line) => line ?? "");
  const session = terminal ? new Session(ask) : new Session();
  const typed = terminal ? askForLines(session, historyFile) : pipedLines();
  await runWords(session, ["status"]);
  session.exitCode = 0;
  for await (const line of typed) if (!(await runWords(session, splitWords(line)))) break;
  return session.exitCode;
}

/** Starts to read at once: readline drops lines that arrive while nothing iterates. */
function pipedLines(): AsyncIterable<string> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => lines };
}

async function* askForLines(session: Session, historyFile: string | undefined): AsyncGenerator<string> {
  let history = readHistory(historyFile);
  const completer: AsyncCompleter = (line, done) => void answer(complete(session, line), done);
  for (;;) {
    const line = await readLine(PROMPT, { history, historySize: MOST_HISTORY, completer });
    // Ends the line of the prompt.
    if (line === undefined) return session.output("");
    if (line.trim() !== "") {
      history = [line, ...history];
      if (historyFile !== undefined) remember(historyFile, line);
    }
    yield line;
  }
}

async function answer(
  completions: Promise<[string[], string]>,
  done: Parameters<AsyncCompleter>[1],
): Promise<void> {
  try {
    done(null, await completions);
  } catch {
    done(null, [[], ""]);
  }
}

/** Newest first, as readline has it. */
function readHistory(file: string | undefined): string[] {
  const text = file === undefined ? undefined : readIfExists(file);
  return (text ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .slice(-MOST_HISTORY)
    .toReversed();
}

function remember(file: string, line: string): void {
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 });
  } catch {
    // A history that cannot be written must not stop commands.
  }
}

const WITH_GROUPS = new Set(["add", "remove", "update"]);
const WITH_PROCESSES = new Set([
  "clear",
  "fg",
  "pid",
  "restart",
  "signal",
  "start",
  "status",
  "stop",
  "tail",
]);

async function complete(session: Session, line: string): Promise<[string[], string]> {
  const words = line.trimStart().split(/\s+/);
  const word = words.at(-1) ?? "";
  const candidates = await candidatesFor(session, words);
  return [candidates.filter((candidate) => candidate.startsWith(word)).map((name) => `${name} `), word];
}

async function candidatesFor(session: Session, words: string[]): Promise<readonly string[]> {
  const [command = ""] = words;
  if (words.length < 2 || command === "help") return commandNames;
  if (!WITH_GROUPS.has(command) && !WITH_PROCESSES.has(command)) return [];
  const infos = await session.call<{ name: string; group: string }[]>("getAllProcessInfo").catch(() => []);
  const groups = [...new Set(infos.map(({ group }) => group))];
  if (WITH_GROUPS.has(command)) return groups;
  const larger = groups.filter((group) => infos.some((info) => info.group === group && info.name !== group));
  return [...infos.map(programId), ...larger.map((group) => `${group}:*`), "all"];
}
