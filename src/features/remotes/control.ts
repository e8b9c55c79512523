import { z } from "zod";
import { lazy } from "../../lazy.ts";

const LIMIT_MILLISECONDS = 3000;

const stats = lazy(() =>
  z.object({
    // Missing with RCLONE_VFS_CACHE_MODE=off.
    diskCache: z
      .object({
        path: z.string(),
        bytesUsed: z.number(),
        outOfSpace: z.boolean(),
        uploadsInProgress: z.number(),
        uploadsQueued: z.number(),
      })
      .optional(),
  }),
);

const queue = lazy(() =>
  z.object({
    queue: z.array(
      z.object({
        id: z.number(),
        tries: z.number(),
        uploading: z.boolean(),
      }),
    ),
  }),
);

const about = lazy(() => z.object({ total: z.number().optional(), used: z.number().optional() }));

const transfers = lazy(() => z.object({ errors: z.number(), bytes: z.number() }));

const anything = lazy(() => z.unknown());

type CacheStats = NonNullable<z.infer<ReturnType<typeof stats>>["diskCache"]>;
type Transfers = z.infer<ReturnType<typeof transfers>>;
export type Upload = z.infer<ReturnType<typeof queue>>["queue"][number];
export type Usage = z.infer<ReturnType<typeof about>>;

/**
 * The remote control of one rclone (rclone.org/rc), through its socket. Every call throws when rclone gives no
 * answer within 3 s, refuses, or on abort.
 */
export function mountControl(socket: string, signal?: AbortSignal) {
  const call = async <Schema extends z.ZodType>(path: string, schema: () => Schema, input: object = {}) => {
    const response = await fetch(`http://rclone/${path}`, {
      unix: socket,
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(input),
      signal: AbortSignal.any([AbortSignal.timeout(LIMIT_MILLISECONDS), ...(signal ? [signal] : [])]),
    });
    if (!response.ok) throw new Error(`rclone answered ${path} with status ${response.status}`);
    return schema().parse(await response.json());
  };
  return {
    stats: async (): Promise<CacheStats | undefined> => (await call("vfs/stats", stats)).diskCache,
    /** Errors and transferred bytes since rclone was started. */
    transfers: async (): Promise<Transfers> => call("core/stats", transfers),
    queue: async (): Promise<Upload[]> => (await call("vfs/queue", queue)).queue,
    /** Starts an upload now instead of after its write-back delay. */
    hasten: async (id: number): Promise<unknown> =>
      call("vfs/queue-set-expiry", anything, { id, expiry: -1 }),
    /** How many uploads run at once. */
    setTransfers: async (count: number): Promise<unknown> =>
      call("options/set", anything, { main: { Transfers: count } }),
    /** Ends rclone, which unmounts first; pending uploads stay in the cache. */
    quit: async (): Promise<unknown> => call("core/quit", anything, { exitCode: 0 }),
    /** Space at the far end, for providers that report space. */
    about: async (remote: string): Promise<Usage> => call("operations/about", about, { fs: `${remote}:` }),
  };
}

/** rclone quotes the line of its configuration that it cannot parse, which may be half of a wrapped token. */
const quoted = /(could not parse line): .*/;

/** The last error in an output of rclone, without timestamp and possible secrets; undefined without an error. */
export function lastMessage(text: string): string | undefined {
  const lines = text.split("\n").flatMap((line) => {
    const [, level, message] = /^(?:[\d/]+ [\d:]+ )?(CRITICAL|ERROR)(?:\+\d+)? *:? *(.*)$/.exec(line) ?? [];
    return level === undefined || message === undefined ? [] : [message.replace(/^Fatal error: /, "")];
  });
  return lines.at(-1)?.replace(quoted, "$1");
}
