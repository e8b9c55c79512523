import type { PortalControl } from "../../control/portal/client.ts";
import { AiDockError } from "../../errors.ts";
import { answer } from "../http/respond.ts";
import { LogCursor, type LogId } from "./log-cursor.ts";

/** Answers with a whole log, from its oldest file to the end as of now, at the pace of the reader. Throws AiDockError. */
export async function downloadLog(control: PortalControl, id: LogId): Promise<Response> {
  const list = await control.logs([id.name]);
  const entry = list.find(({ name, stream }) => name === id.name && stream === id.stream);
  const oldest = entry?.generations.at(-1);
  if (oldest === undefined) throw new AiDockError(`No such log: "${id.name}"`, { code: "E_NO_SUCH_LOG" });
  const pieces = new LogCursor(control, id, { inode: oldest.inode, offset: 0 }).drain({ whole: true });
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue("bytes" in value ? value.bytes : MISSING);
      },
      cancel: async () => void (await pieces.return()),
    },
    { highWaterMark: 1 },
  );
  return answer(200, body, "text/plain; charset=utf-8", {
    "Content-Disposition": `attachment; filename="${fileName(id)}"`,
  });
}

const MISSING = new TextEncoder().encode("\n[lines are missing here]\n");

/** Names of programs may hold anything but what a header may not. */
function fileName({ name, stream }: LogId): string {
  return `${name.replaceAll(/[^\w.-]/g, "_")}${stream === "stderr" ? ".error" : ""}.log`;
}
