import { follow } from "../stream.ts";
import { labelOf } from "./log-names.ts";
import type { LogView } from "./log-view.ts";
import { type Line, Terminal } from "./terminal.ts";

/** Held back while the view is paused; more is lost from its beginning. */
const MOST_HELD_CHARACTERS = 16 * 1024 * 1024;

export interface FeedState {
  /** Of the logs, by their number. */
  names: string[];
  connected: boolean;
  /** All that was there at the beginning has come. */
  live: boolean;
  /** Only a part of a log was asked for, and nothing more comes. */
  part: boolean;
  /** Lines that came while the view was paused. */
  held: number;
}

interface TextEvent {
  log: number;
  time: number;
  text: string;
  /** Where the text ends in its log. */
  inode: number;
  offset: number;
}

/** A log as the server names it. */
interface LogEvent {
  /** Its number in this stream. */
  log: number;
  name: string;
  stream: string;
}

/** Brings logs from the server into a view. */
export class Feed {
  readonly #view: LogView;
  readonly #onState: (state: FeedState) => void;
  readonly #terminals: Terminal[] = [];
  /** Of the logs, in the order of their terminals. */
  readonly #keys: string[] = [];
  /** Where the text that has come of each ends. */
  readonly #places = new Map<string, string>();
  /** Our numbers of the logs, by those of the stream: each stream counts anew. */
  #numbers: number[] = [];
  #held: TextEvent[] = [];
  #heldCharacters = 0;
  #paused = false;
  #state: FeedState = { names: [], connected: true, live: false, part: false, held: 0 };
  readonly #stop: () => void;

  /** `kept`: so many of the last lines were there already; the first of these is to be seen again. */
  constructor(view: LogView, path: string, onState: (state: FeedState) => void, kept = 0) {
    this.#view = view;
    this.#onState = onState;
    this.#stop = follow(() => this.#pathFrom(path), {
      connected: (connected) => this.#tell({ connected }),
      on: {
        log: (event: LogEvent) => this.#meet(event),
        text: (event: TextEvent) => this.#take({ ...event, log: this.#numbers[event.log] ?? 0 }),
        lost: ({ log }: { log: number }) => this.#say(this.#numbers[log] ?? 0, "— lines are missing here —"),
        live: () => {
          if (kept > 0 && !this.#state.live) view.goToFromEnd(kept);
          this.#tell({ live: true });
        },
        here: () => view.markNext(),
        part: () => {
          view.goToMark();
          this.#tell({ live: true, part: true });
          // Nothing more comes, and the same part would come again.
          this.#stop();
        },
        failure: ({ error }: { error: string }) => this.#say(0, error),
      },
    });
  }

  /** A stream that ended, as of a page that was hidden, goes on where it was. */
  #pathFrom(path: string): string {
    this.#numbers = [];
    const from = this.#keys.flatMap((key) => {
      const place = this.#places.get(key);
      return place === undefined ? [] : [`from=${encodeURIComponent(`${place}:${key}`)}`];
    });
    return [path, ...from].join("&");
  }

  #meet({ log, name, stream }: LogEvent): void {
    const key = `${stream}:${name}`;
    if (!this.#keys.includes(key)) {
      this.#terminals.push(new Terminal(this.#keys.push(key) - 1, this.#view));
      this.#tell({ names: [...this.#state.names, labelOf(name, stream)] });
    }
    this.#numbers[log] = this.#keys.indexOf(key);
  }

  close(): void {
    this.#stop();
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (paused) return;
    for (const event of this.#held) this.#show(event);
    this.#held = [];
    this.#heldCharacters = 0;
    this.#tell({ held: 0 });
  }

  #take(event: TextEvent): void {
    const key = this.#keys[event.log];
    if (key !== undefined) this.#places.set(key, `${event.inode}:${event.offset}`);
    if (!this.#paused) return this.#show(event);
    this.#held.push(event);
    this.#heldCharacters += event.text.length;
    while (this.#heldCharacters > MOST_HELD_CHARACTERS)
      this.#heldCharacters -= this.#held.shift()?.text.length ?? this.#heldCharacters;
    this.#tell({ held: this.#state.held + event.text.split("\n").length - 1 });
  }

  #show({ log, time, text }: TextEvent): void {
    this.#terminals[log]?.feed(text, time);
  }

  #say(log: number, text: string): void {
    const line: Line = { log, time: Date.now(), text, runs: [], version: 0, number: -1, notice: true };
    this.#view.add(line);
  }

  #tell(change: Partial<FeedState>): void {
    this.#state = { ...this.#state, ...change };
    this.#onState(this.#state);
  }
}
