import { dirname } from "node:path";
import { watchDirectory } from "../../logs/read/watch.ts";
import type { PortalContext } from "./context.ts";
import { eventStream } from "./event-stream.ts";
import { type LogPath, LogReader } from "./log-files.ts";
import { portalState } from "./state.ts";

const STATE_MILLISECONDS = 200;
const LOG_MILLISECONDS = 100;

/** Server-sent events: the state of the container at once and after each change, some milliseconds apart at least. */
export function stateEvents(context: PortalContext, gone: AbortSignal): Response {
  return eventStream(gone, (send) => {
    let last = "";
    const changed = () => {
      const text = JSON.stringify(portalState(context));
      const isSame = text === last;
      last = text;
      return isSame ? undefined : text;
    };
    const tell = throttled(STATE_MILLISECONDS, () => send("state", "state", changed));
    tell.now();
    const ends = [
      context.supervisor.watch(() => tell.soon()),
      context.onChange((what) =>
        what === "state" ? tell.soon() : send("credentials", "credentials", () => "{}"),
      ),
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
      const changed = () => {
        using file = LogReader.open(log.path, 0);
        if (file === undefined) return undefined;
        const { ino: inode, size } = file.stat();
        const text = JSON.stringify({ name: log.name, stream: log.stream, inode, size });
        const isSame = text === last;
        last = text;
        return isSame ? undefined : text;
      };
      return throttled(LOG_MILLISECONDS, () => send(log.path, "log", changed));
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
