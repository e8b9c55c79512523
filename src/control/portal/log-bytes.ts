import { AiDockError } from "../../errors.ts";
import { type LogPath, LogReader } from "./log-files.ts";
import { LARGEST_LOG_READ_BYTES } from "./streams.ts";

/** Answers `/logs/bytes`. */
export class LogBytesServer {
  /** For all answers, which copy from it: a buffer for each would stay with the allocator for long. */
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  /** The bytes that parameters ask for, of one of these logs. Throws AiDockError. */
  respond(logs: LogPath[], parameters: URLSearchParams): Response {
    const [name, stream] = [parameters.get("name"), parameters.get("stream") ?? "stdout"];
    const { index, offset, length } = numbers(parameters);
    const log = logs.find((one) => one.name === name && one.stream === stream);
    using file = log && LogReader.open(log.path, index);
    if (file === undefined) throw new AiDockError("No such log", { code: "E_NO_SUCH_LOG" });
    const { ino, size } = file.stat();
    const headers = { "Content-Type": "application/octet-stream", "X-Inode": `${ino}`, "X-Size": `${size}` };
    if (offset > size) return new Response(null, { status: 416, headers });
    this.#buffer ??= new Uint8Array(LARGEST_LOG_READ_BYTES);
    const wanted = this.#buffer.subarray(0, length || LARGEST_LOG_READ_BYTES);
    return new Response(file.read(offset, wanted), { headers });
  }

  /** Gives the buffer up until the next answer. */
  rest(): void {
    this.#buffer = undefined;
  }
}

function numbers(parameters: URLSearchParams) {
  const [index = 0, offset = 0, length = 0] = ["index", "offset", "length"].map((name) =>
    Number(parameters.get(name) ?? 0),
  );
  if ([index, offset, length].every((number) => Number.isSafeInteger(number) && number >= 0))
    return { index, offset, length };
  throw new AiDockError("index, offset and length: expected numbers", { code: "E_BAD_REQUEST" });
}
