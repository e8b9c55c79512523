/** Keeps the connection from being taken for dead. */
const COMMENT_MILLISECONDS = 15_000;
/** Bytes that wait for the reader before events are held back. */
const QUEUE_BYTES = 64 * 1024;

/**
 * Sends an event. While the reader has no room, only the last one of each `key` is kept, and its data is made when there
 * is room: a reader that hangs fills nobody's memory. No event comes of data that is undefined.
 */
export type Send = (key: string, event: string, data: () => string | undefined) => void;

/** Answers with server-sent events until the client has gone. `begin` starts what sends them; its result ends that. */
export function eventStream(gone: AbortSignal, begin: (send: Send) => () => void): Response {
  const encoder = new TextEncoder();
  const waiting = new Map<string, () => string | undefined>();
  let flush = () => {};
  let end = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let ended = false;
        const hasRoom = () => !ended && (controller.desiredSize ?? 0) > 0;
        const write = (text: string) => controller.enqueue(encoder.encode(text));
        flush = () => {
          for (const [key, make] of waiting) {
            if (!hasRoom()) return;
            waiting.delete(key);
            const text = make();
            if (text !== undefined) write(text);
          }
        };
        const stop = begin((key, event, data) => {
          waiting.set(key, () => {
            const text = data();
            return text === undefined ? undefined : `event: ${event}\ndata: ${text}\n\n`;
          });
          flush();
        });
        const timer = setInterval(() => hasRoom() && write(": still here\n\n"), COMMENT_MILLISECONDS);
        end = () => {
          if (ended) return;
          ended = true;
          clearInterval(timer);
          stop();
          controller.close();
        };
        if (gone.aborted) end();
        else gone.addEventListener("abort", end, { once: true });
      },
      pull: () => flush(),
      cancel: () => end(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: QUEUE_BYTES }),
  );
  return new Response(body, {
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-store" },
  });
}
