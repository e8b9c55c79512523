import { afterAll, beforeEach, expect, test } from "bun:test";
import { existsSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { bytesOf, sha256 } from "../server-fixture.ts";
import { Container } from "./apply-fixture.ts";

const COMMIT = "0123456789012345678901234567890123456789";
const OID = "a".repeat(40);
const weights = bytesOf(100_000);
const config = '{"a": 1}';

/** Speaks as the hub: a commit, its files, and their bytes at that commit. */
const asked: string[] = [];
const hub = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch({ url, headers }) {
    const { pathname } = new URL(url);
    asked.push(pathname);
    if (headers.get("authorization") !== "Bearer hf_secret") return new Response("no", { status: 401 });
    const file = (path: string, size: number, more: object) => ({ type: "file", path, size, ...more });
    const lfs = { oid: sha256(weights), size: weights.length };
    const top = [{ type: "directory", path: "unet", oid: OID }, file("config.json", 8, { oid: OID })];
    const below = [file("unet/w.bin", 130, { oid: "b".repeat(40), lfs })];
    switch (pathname) {
      case "/api/models/o/r/revision/main":
        return Response.json({ sha: COMMIT });
      case "/api/models/o/r/tree/main":
        return Response.json([...top, ...below]);
      case `/api/models/o/r/tree/${COMMIT}`:
        return Response.json(top);
      case `/api/models/o/r/tree/${COMMIT}/unet`:
        return Response.json(below);
      case `/o/r/resolve/${COMMIT}/config.json`:
        return new Response(config);
      case `/o/r/resolve/${COMMIT}/unet/w.bin`:
        return new Response(weights);
      default:
        return new Response("none", { status: 404 });
    }
  },
});
afterAll(() => hub.stop(true));
beforeEach(() => void asked.splice(0));

const setUp = () => {
  const container = new Container({ HF_ENDPOINT: `http://127.0.0.1:${hub.port}`, HF_TOKEN: "hf_secret" });
  container.env["HF_HOME"] = `${container.volume}/hf`;
  return { container, folder: `${container.volume}/hf/hub/models--o--r` };
};

test("a repository without a destination is in the cache as the hub's library keeps it, once", async () => {
  const { container, folder } = setUp();
  const manifest = { downloads: [{ id: "r", url: "hf:o/r" }] };
  expect(await container.apply(manifest)).toEqual({ r: "done" });
  const snapshot = `${folder}/snapshots/${COMMIT}`;
  expect(readFileSync(`${folder}/refs/main`, "utf8")).toBe(COMMIT);
  expect(readlinkSync(`${snapshot}/config.json`)).toBe(`../../blobs/${OID}`);
  expect(readlinkSync(`${snapshot}/unet/w.bin`)).toBe(`../../../blobs/${sha256(weights)}`);
  expect(readFileSync(`${snapshot}/config.json`, "utf8")).toBe(config);
  expect(sha256(readFileSync(`${snapshot}/unet/w.bin`))).toBe(sha256(weights));
  asked.length = 0;
  container.replace();
  expect(await container.apply(manifest)).toEqual({ r: "unchanged" });
  expect(asked).toEqual([]);
  rmSync(`${snapshot}/config.json`);
  expect(await container.apply(manifest)).toEqual({ r: "done" });
  expect(readFileSync(`${snapshot}/config.json`, "utf8")).toBe(config);
});

test("one file of a folder is, too", async () => {
  const { container, folder } = setUp();
  expect(await container.apply({ downloads: [{ id: "w", url: "hf:o/r/unet/w.bin" }] })).toEqual({
    w: "done",
  });
  expect(existsSync(`${folder}/snapshots/${COMMIT}/unet/w.bin`)).toBe(true);
  expect(existsSync(`${folder}/snapshots/${COMMIT}/config.json`)).toBe(false);
});

test("a file from elsewhere needs a destination", async () => {
  const { container } = setUp();
  const states = await container.apply({
    downloads: [{ id: "x", url: `http://127.0.0.2:${hub.port}/x` }],
  });
  expect(states["x"]).toContain("dest: expected a path for the download");
});
