export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads a stream of server-sent events as far as we use them: names and data; comments are left out. */
export async function* readEvents(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerEvent, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const event = parse(block);
      if (event !== undefined) yield event;
    }
  }
}

function parse(block: string): ServerEvent | undefined {
  const fields = block.split("\n").flatMap((line) => {
    const [, name, value = ""] = /^(event|data): ?(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, value }];
  });
  if (fields.length === 0) return undefined;
  const of = (wanted: string) => fields.filter(({ name }) => name === wanted).map(({ value }) => value);
  return { event: of("event").at(-1) ?? "message", data: of("data").join("\n") };
}
