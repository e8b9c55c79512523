/** The largest answer of `/logs/bytes`. */
export const LARGEST_LOG_READ_BYTES = 256 * 1024;

/** What `/logs/bytes` says of a generation of a log. */
export interface LogBytes {
  bytes: Uint8Array;
  inode: number;
  size: number;
}

export interface LogPiece {
  name: string;
  stream: "stdout" | "stderr";
  index: number;
  offset: number;
  length: number;
}

/** What of the portal's socket is no JSON. */
export function portalStreamsAt(socket: string) {
  const open = (path: string, signal?: AbortSignal) =>
    fetch(`http://ai-dock${path}`, { unix: socket, ...(signal === undefined ? {} : { signal }) });
  return {
    /** Server-sent events `state` and `credentials`. */
    events: (signal?: AbortSignal) => open("/events", signal),
    /** Server-sent events `log` of these logs. */
    watchLogs: (names: string[], signal?: AbortSignal) => open(`/logs/watch?${nameQuery(names)}`, signal),
    /** Some bytes of a generation; undefined where there is none of that index, or nothing at that offset. */
    async logBytes(log: LogPiece): Promise<LogBytes | undefined> {
      const query = new URLSearchParams(
        Object.entries(log).map(([key, value]): [string, string] => [key, String(value)]),
      );
      const response = await open(`/logs/bytes?${query.toString()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (!response.ok) return undefined;
      const number = (header: string) => Number(response.headers.get(header));
      return { bytes, inode: number("X-Inode"), size: number("X-Size") };
    },
  };
}

export type PortalStreams = ReturnType<typeof portalStreamsAt>;

export function nameQuery(names: string[]): string {
  return names.map((name) => `name=${encodeURIComponent(name)}`).join("&");
}
