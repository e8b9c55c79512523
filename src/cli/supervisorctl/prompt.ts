import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { readIfExists } from "../../sys/fs.ts";
import { commandNames } from "./commands.ts";
import { joinName } from "./names.ts";
import { runLine } from "./run-line.ts";
import { Session } from "./session.ts";

const PROMPT = "supervisor> ";
const MOST_HISTORY = 1000;

/** Takes commands until the input ends or one says so; on a terminal with history and completion. */
export async function runPrompt(historyFile: string | undefined): Promise<number> {
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    terminal,
    prompt: PROMPT,
    history: readHistory(historyFile),
    historySize: MOST_HISTORY,
    completer: (line: string) => complete(session, line),
  });
  const session = new Session((question) => lines.question(question));
  await runLine(session, "status");
  session.exitCode = 0;
  lines.prompt();
  for await (const line of lines) {
    if (historyFile !== undefined && line.trim() !== "") remember(historyFile, line);
    if (!(await runLine(session, line))) return session.exitCode;
    lines.prompt();
  }
  // The cursor stands behind the prompt.
  session.output("");
  return session.exitCode;
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
    // A history is no reason to fail.
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
  return [...infos.map(joinName), ...larger.map((group) => `${group}:*`), "all"];
}
