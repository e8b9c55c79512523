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
}

/** Brings logs from the server into a view. */
export class Feed {
  readonly #view: LogView;
  readonly #onState: (state: FeedState) => void;
  #terminals: Terminal[] = [];
  #held: TextEvent[] = [];
  #heldCharacters = 0;
  #paused = false;
  #state: FeedState = { names: [], connected: true, live: false, part: false, held: 0 };
  readonly #stop: () => void;

  /** `kept`: so many of the last lines were there already; the first of these is to be seen again. */
  constructor(view: LogView, path: string, onState: (state: FeedState) => void, kept = 0) {
    this.#view = view;
    this.#onState = onState;
    this.#stop = follow(path, {
      begin: () => this.#begin(),
      connected: (connected) => this.#tell({ connected }),
      on: {
        log: ({ log, name, stream }: { log: number; name: string; stream: string }) => {
          this.#terminals[log] = new Terminal(log, view);
          this.#tell({ names: this.#state.names.toSpliced(log, 1, labelOf(name, stream)) });
        },
        text: (event: TextEvent) => this.#take(event),
        lost: ({ log }: { log: number }) => this.#say(log, "— lines are missing here —"),
        live: () => {
          if (kept > 0) view.goToFromEnd(kept);
          this.#tell({ live: true });
        },
        here: () => view.markNext(),
        part: () => {
          view.goToMark();
          this.#tell({ live: true, part: true });
        },
        failure: ({ error }: { error: string }) => this.#say(0, error),
      },
    });
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

  /** The server tells everything anew: what is there by now would be there twice. */
  #begin(): void {
    this.#terminals = [];
    this.#held = [];
    this.#heldCharacters = 0;
    this.#view.clear();
    this.#tell({ names: [], live: false, part: false, held: 0 });
  }

  #take(event: TextEvent): void {
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
