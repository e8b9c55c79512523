import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { layoutRemotes, type RemoteLayout } from "../../../src/features/remotes/layout.ts";

/** A workspace of its own with the layout of the remote `far`, nothing of which lies outside of `base`. */
export function place(): { base: string; workspace: string; layout: RemoteLayout; cache: string } {
  const base = mkdtempSync(join(tmpdir(), "remote-"));
  const workspace = `${base}/workspace/`;
  mkdirSync(`${workspace}remote`, { recursive: true });
  const [layout] = layoutRemotes([{ name: "far", type: "webdav", source: "file" }], workspace);
  const run = join(base, "run/far");
  return {
    base,
    workspace,
    cache: layout!.cache,
    layout: {
      ...layout!,
      socket: `${run}/socket`,
      given: { mountPoint: `${run}/mount`, cache: `${run}/cache` },
    },
  };
}

/** A file of rclone's cache with its record. */
export function cached(
  cache: string,
  folder: string,
  file: string,
  { dirty = true, text = "data", record }: { dirty?: boolean; text?: string; record?: string } = {},
): void {
  const kinds = { vfs: text, vfsMeta: record ?? JSON.stringify({ Size: text.length, Dirty: dirty }) };
  for (const [kind, content] of Object.entries(kinds)) {
    const path = join(cache, kind, folder, file);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, content, { mode: 0o600 });
  }
}

/** The remote control of an rclone: answers each call by its path, and remembers the calls. */
export function serveControl(socket: string, answers: Record<string, (input: unknown) => unknown>) {
  mkdirSync(dirname(socket), { recursive: true });
  const calls: string[] = [];
  const server = Bun.serve({
    unix: socket,
    async fetch(request) {
      const path = new URL(request.url).pathname.slice(1);
      calls.push(path);
      const answer = answers[path];
      return answer === undefined
        ? new Response("", { status: 404 })
        : Response.json(answer(await request.json()));
    },
  });
  return { calls, [Symbol.asyncDispose]: async () => server.stop(true) };
}

/** A program `rclone` in a folder of its own that runs a shell script; the folder, for PATH. */
export function rcloneProgram(base: string, script: string): string {
  const folder = join(base, "bin");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "rclone"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "rclone"), 0o755);
  return folder;
}
