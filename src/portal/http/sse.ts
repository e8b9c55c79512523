import { AiDockError } from "../../errors.ts";
import { answer } from "./respond.ts";

/** Sent now and then, so that proxies do not take a silent stream for a dead one. */
const COMMENT_MILLISECONDS = 15_000;
/** A reader that takes less than it is sent must not fill our memory. */
const MOST_QUEUED_BYTES = 8 * 1024 * 1024;
const QUEUE_BYTES = 64 * 1024;

/** The sender's side of a stream of events. */
export interface EventSink {
  send(event: string, data: unknown): void;
  /** Resolves when the reader has room for more, or has gone. */
  room(): Promise<void>;
  /** Aborted when the stream has ended. */
  readonly gone: AbortSignal;
  /** Resolves then. */
  readonly over: Promise<void>;
}

/** Answers with server-sent events as long as `feed` runs and the reader is there. */
export function eventStream(feed: (sink: EventSink) => Promise<void>): Response {
  const gone = new AbortController();
  const over = Promise.withResolvers<void>();
  let hasRoom = Promise.withResolvers<void>();
  const encoder = new TextEncoder();
  const leave = () => {
    if (gone.signal.aborted) return;
    clearInterval(comments);
    gone.abort();
    over.resolve();
    hasRoom.resolve();
  };
  let comments: Timer | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const room = () => controller.desiredSize ?? 0;
        const end = () => {
          if (gone.signal.aborted) return;
          leave();
          controller.close();
        };
        const write = (text: string) => {
          if (gone.signal.aborted) return;
          controller.enqueue(encoder.encode(text));
          if (room() < -MOST_QUEUED_BYTES) end();
        };
        const sink: EventSink = {
          send: (event, data) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
          async room() {
            while (!gone.signal.aborted && room() <= 0) await hasRoom.promise;
          },
          gone: gone.signal,
          over: over.promise,
        };
        comments = setInterval(() => write(":\n\n"), COMMENT_MILLISECONDS);
        write(":\n\n");
        void feed(sink)
          .catch((error: unknown) => {
            // Any other end, as of a supervisor that is away, is one to try again after.
            if (error instanceof AiDockError && error.code !== "E_NO_SUPERVISOR")
              sink.send("failure", { error: error.message });
          })
          .finally(end);
      },
      pull() {
        hasRoom.resolve();
        hasRoom = Promise.withResolvers<void>();
      },
      cancel: leave,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
  );
  return answer(200, stream, "text/event-stream", {});
}
