import { dirname } from "node:path";
import { watchDirectory } from "../../logs/read/watch.ts";
import type { PortalContext } from "./context.ts";
import { type LogPath, LogReader } from "./log-files.ts";
import { portalState } from "./state.ts";

const STATE_MILLISECONDS = 200;
const LOG_MILLISECONDS = 100;
/** Keeps the connection from being taken for dead. */
const COMMENT_MILLISECONDS = 15_000;

/** Server-sent events: the state of the container at once and after each change, some milliseconds apart at least. */
export function stateEvents(context: PortalContext, gone: AbortSignal): Response {
  return eventStream(gone, (send) => {
    let last = "";
    const tell = throttled(STATE_MILLISECONDS, () => {
      const text = JSON.stringify(portalState(context));
      if (text !== last) send("state", text);
      last = text;
    });
    tell.now();
    const ends = [
      context.supervisor.watch(() => tell.soon()),
      context.onChange((what) => (what === "state" ? tell.soon() : send("credentials", "{}"))),
    ];
    return () => {
      tell.end();
      for (const end of ends) end();
    };
  });
}

/** Server-sent events: a line for each change of one of these logs, from its size now on. */
export function logEvents(logs: LogPath[], gone: AbortSignal): Response {
  return eventStream(gone, (send) => {
    const over = new AbortController();
    const tells = logs.map((log) => {
      let last = "";
      return throttled(LOG_MILLISECONDS, () => {
        using file = LogReader.open(log.path, 0);
        if (file === undefined) return;
        const { ino: inode, size } = file.stat();
        const text = JSON.stringify({ name: log.name, stream: log.stream, inode, size });
        if (text !== last) send("log", text);
        last = text;
      });
    });
    // `watchDirectory` begins with a look at everything, and names no file that does not matter here.
    for (const directory of new Set(logs.map(({ path }) => dirname(path))))
      void watchDirectory(
        directory,
        () => logs.forEach(({ path }, index) => dirname(path) === directory && tells[index]?.soon()),
        over.signal,
      );
    return () => {
      over.abort();
      for (const tell of tells) tell.end();
    };
  });
}

type Send = (event: string, data: string) => void;

function eventStream(gone: AbortSignal, begin: (send: Send) => () => void): Response {
  const encoder = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let ended = false;
      const write = (text: string) => {
        if (!ended) controller.enqueue(encoder.encode(text));
      };
      const stop = begin((event, data) => write(`event: ${event}\ndata: ${data}\n\n`));
      const timer = setInterval(() => write(": still here\n\n"), COMMENT_MILLISECONDS);
      const end = () => {
        if (ended) return;
        ended = true;
        clearInterval(timer);
        stop();
        controller.close();
      };
      if (gone.aborted) end();
      else gone.addEventListener("abort", end, { once: true });
    },
  });
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
  });
}

/** Runs `act` at most once in some milliseconds: at the end of those in which somebody asked. */
function throttled(milliseconds: number, act: () => void) {
  let timer: Timer | undefined;
  return {
    now: act,
    soon() {
      timer ??= setTimeout(() => {
        timer = undefined;
        act();
      }, milliseconds);
    },
    end: () => clearTimeout(timer),
  };
}
