import { useEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../parts/icon.tsx";
import { Feed, type FeedState } from "./feed.ts";
import { LogView } from "./log-view.ts";

const MOST_LINES = 100_000;

/** What is shown: which logs, and from where on. */
export interface Chosen {
  names: string[];
  lines: number;
  place?: { inode: number; offset: number };
}

const nothingYet: FeedState = { names: [], connected: true, live: false, part: false, held: 0 };

interface LinesProps {
  chosen: Chosen;
  /** Asked for earlier lines: so many of each log. */
  onMore: (lines: number) => void;
}

/** Logs as they come, with what one does about them. */
export function Lines({ chosen, onMore }: LinesProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<LogView>(undefined);
  const feed = useRef<Feed>(undefined);
  /** How many lines were there before earlier ones were asked for. */
  const kept = useRef(0);
  const [state, setState] = useState(nothingYet);
  const [atEnd, setAtEnd] = useState(true);
  const [paused, setPaused] = useState(false);
  const [wrap, setWrap] = useState(true);
  const [times, setTimes] = useState(false);
  const many = state.names.length > 1;

  useEffect(() => {
    if (box.current === null) return undefined;
    const made = new LogView(box.current, setAtEnd);
    view.current = made;
    feed.current = new Feed(made, pathOf(chosen), setState, kept.current);
    return () => {
      feed.current?.close();
      made.close();
    };
  }, [chosen]);
  const names = many ? state.names.join("\n") : "";
  useEffect(
    () => view.current?.set({ wrap, times, names: names === "" ? [] : names.split("\n") }),
    [wrap, times, names, chosen],
  );
  useEffect(() => feed.current?.pause(paused), [paused, chosen]);

  return (
    <div class="log-frame">
      <div class="tools log-tools">
        <button type="button" class="small" aria-pressed={paused} onClick={() => setPaused(!paused)}>
          <Icon name={paused ? "start" : "pause"} />
          {paused ? `Go on${state.held > 0 ? ` (${state.held} new)` : ""}` : "Pause"}
        </button>
        <Toggle label="Wrap" on={wrap} set={setWrap} />
        <Toggle label="Times" on={times} set={setTimes} />
        {chosen.place === undefined && chosen.lines < MOST_LINES && (
          <button
            type="button"
            class="small"
            onClick={() => {
              kept.current = view.current?.size ?? 0;
              setState(nothingYet);
              onMore(chosen.lines * 10);
            }}
          >
            Earlier lines
          </button>
        )}
        <span class="hint" role="status">
          {statusOf(state, paused)}
        </span>
      </div>
      <div class="log-box" ref={box} role="log" aria-live="off" aria-label="Lines" tabIndex={0} />
      {!atEnd && (
        <button type="button" class="small to-end" onClick={() => view.current?.toEnd()}>
          <Icon name="down" />
          To the end
        </button>
      )}
    </div>
  );
}

function statusOf({ connected, live, part }: FeedState, paused: boolean): string {
  if (part) return "A part of the log";
  if (!connected) return "Lost; trying again …";
  if (!live) return "Loading …";
  return paused ? "Paused" : "Live";
}

function Toggle({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <button type="button" class="small" aria-pressed={on} onClick={() => set(!on)}>
      {label}
    </button>
  );
}

function pathOf({ names, lines, place }: Chosen): string {
  const query = new URLSearchParams(names.map((name) => ["name", name]));
  query.set("lines", String(lines));
  if (place !== undefined) {
    query.set("inode", String(place.inode));
    query.set("offset", String(place.offset));
  }
  return `/logs/stream?${query.toString()}`;
}
