import { resolve } from "node:path";

const FIXTURE = resolve(import.meta.dir, "download/download-fixture.ts");

/** Starts a download in a process of its own. */
export function startDownload(request: object, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, FIXTURE, JSON.stringify({ limits: {}, ...request })], {
    stdout: "pipe",
    stderr: "inherit",
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
  const reader = child.stdout.getReader();
  let text = "";
  /** The next line that it prints; undefined once it has ended. */
  const line = async (): Promise<Record<string, unknown> | undefined> => {
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += Buffer.from(value).toString();
    }
    const end = text.indexOf("\n");
    const first = text.slice(0, end);
    text = text.slice(end + 1);
    return JSON.parse(first) as Record<string, unknown>;
  };
  return { child, line };
}
