import { afterEach, beforeEach, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { mountControl } from "../../../src/features/remotes/control.ts";
import { drain } from "../../../src/features/remotes/drain.ts";
import { place, serveControl } from "./place-fixture.ts";

interface Upload {
  id: number;
  tries: number;
  uploading: boolean;
}

let here: ReturnType<typeof place>;
beforeEach(() => {
  here = place();
});
afterEach(() => rmSync(here.base, { recursive: true }));

/** An rclone with these uploads; `attempt` is what becomes of an upload that is hastened. */
function uploads(queue: Upload[], attempt: (upload: Upload) => void) {
  return serveControl(here.layout.socket, {
    "options/set": () => ({}),
    "vfs/queue": () => ({ queue }),
    "vfs/queue-set-expiry": (input) => {
      const upload = queue.find(({ id }) => id === (input as { id: number }).id);
      if (upload !== undefined) attempt(upload);
      return {};
    },
  });
}

test("a drain hastens what waits, and ends when nothing does", async () => {
  const queue = [1, 2].map((id) => ({ id, tries: 0, uploading: false }));
  await using server = uploads(queue, (upload) => queue.splice(queue.indexOf(upload), 1));
  await drain(here.layout.socket, new AbortController().signal);
  expect(queue).toEqual([]);
  expect(server.calls[0]).toBe("options/set");
});

test("a drain ends when every upload has failed once more", async () => {
  const queue = [
    { id: 1, tries: 3, uploading: false },
    { id: 2, tries: 1, uploading: true },
  ];
  await using _ = uploads(queue, (upload) => {
    upload.tries++;
    for (const each of queue) each.uploading = false;
  });
  await drain(here.layout.socket, new AbortController().signal);
  expect(queue.map(({ tries }) => tries)).toEqual([4, 1]);
});

test("a drain ends without an rclone, and on abort", async () => {
  await drain(here.layout.socket, new AbortController().signal);
  const abort = new AbortController();
  await using server = uploads([{ id: 1, tries: 0, uploading: false }], () => abort.abort());
  await drain(here.layout.socket, abort.signal);
  expect(server.calls).toContain("vfs/queue-set-expiry");
});

test("an answer that is none, or a refusal, throws", async () => {
  await using _ = serveControl(here.layout.socket, { "vfs/stats": () => ({ diskCache: { path: 1 } }) });
  const control = mountControl(here.layout.socket);
  expect(control.stats()).rejects.toThrow("path");
  expect(control.about("far")).rejects.toThrow("rclone answered operations/about with status 404");
});
