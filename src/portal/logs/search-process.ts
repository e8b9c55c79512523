import { portalControlAt } from "../../control/portal/client.ts";
import { AiDockError, messageOf } from "../../errors.ts";
import { ownCommand } from "../../sys/own-command.ts";
import type { EventSink } from "../http/sse.ts";
import { searchLogs, type SearchRequest } from "./search.ts";
import type { SearchEvent } from "./search-schema.ts";

/** An expression can take longer than the world lasts; a search ends then. */
const LONGEST_MILLISECONDS = 120_000;

/** Each takes a CPU and the memory of a process; a page of another port can make a browser ask for any number. */
const MOST_SEARCHES = 4;
let searches = 0;

/** Throws AiDockError for what is no regular expression. */
export function requireExpression({ pattern }: SearchRequest): void {
  try {
    void new RegExp(pattern, "g");
  } catch (error) {
    throw new AiDockError(`Search: expected a regular expression, got "${pattern}" (${messageOf(error)})`, {
      code: "E_BAD_REQUEST",
    });
  }
}

/**
 * Runs a search and passes its events on until the reader is gone. The search has a process of its own: an expression that
 * backtracks for ever must not hold up logins. Throws AiDockError where too many run.
 */
export async function runSearch(socket: string, request: SearchRequest, sink: EventSink): Promise<void> {
  if (searches >= MOST_SEARCHES)
    throw new AiDockError(`${MOST_SEARCHES} searches run already; wait until one of them has ended`);
  searches++;
  try {
    await runProcess(socket, request, sink);
  } finally {
    searches--;
  }
}

async function runProcess(socket: string, request: SearchRequest, sink: EventSink): Promise<void> {
  const child = Bun.spawn([...ownCommand(), "portal", "--search", `--control=${socket}`], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
    signal: AbortSignal.any([sink.gone, AbortSignal.timeout(LONGEST_MILLISECONDS)]),
    killSignal: "SIGKILL",
  });
  // An expression may hold what is secret, so that the request is no argument. The child ends with its input.
  await child.stdin.write(`${JSON.stringify(request)}\n`);
  await child.stdin.flush();
  let done = false;
  for await (const line of linesOf(child.stdout)) {
    const { event, data } = JSON.parse(line) as SearchEvent;
    sink.send(event, data);
    done ||= event === "done";
    await sink.room();
  }
  await child.exited;
  if (!done && !sink.gone.aborted) throw new AiDockError("The search took too long, and was ended");
}

/**
 * The child's side: reads a request from standard input and writes events to standard output, until done or until its
 * input ends, with which the portal has gone.
 */
export async function searchProcess(socket: string): Promise<void> {
  const lines = linesOf(Bun.stdin.stream());
  const { value } = await lines.next();
  const request = JSON.parse(value ?? "") as SearchRequest;
  await Promise.race([lines.next(), writeMatches(socket, request)]);
}

async function writeMatches(socket: string, request: SearchRequest): Promise<void> {
  for await (const event of searchLogs(portalControlAt(socket), request)) {
    if (!process.stdout.write(`${JSON.stringify(event)}\n`))
      await new Promise((resolve) => process.stdout.once("drain", resolve));
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
