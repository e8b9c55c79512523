import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unchangedUntil } from "../../../src/features/opt-sync/first-boot.ts";

const base = mkdtempSync(join(tmpdir(), "first-boot-"));
afterAll(() => rmSync(base, { recursive: true }));

const image = `${base}/binary`;
writeFileSync(image, "");

let containers = 0;

/** A container whose root is an overlay, made by an engine other than Docker. */
function container(directory = `${base}/state${++containers}`) {
  const mountinfo = `${base}/mountinfo${++containers}`;
  const upper = `/var/lib/layers/${containers}/diff`;
  writeFileSync(
    mountinfo,
    `21 20 0:5 / /proc rw - proc proc rw\n20 1 0:9 / / rw - overlay overlay rw,lowerdir=/l,upperdir=${upper},workdir=/w\n`,
  );
  return { directory, mountinfo, created: `${base}/none`, image };
}

test("files may be changed since the first boot, at every boot", () => {
  const places = container();
  expect(unchangedUntil(1000.7, places)).toBe(1000);
  expect(unchangedUntil(2000, places)).toBe(1000);
});

test("another container of an image that was made of a container begins anew", () => {
  const places = container();
  unchangedUntil(1000, places);
  expect(unchangedUntil(2000, container(places.directory))).toBe(2000);
});

test("what Docker's user copies into a container before its start counts", () => {
  const places = { ...container(), created: `${base}/dockerenv` };
  writeFileSync(places.created, "");
  expect(unchangedUntil(Date.now() - 1, places)).toBeLessThan(Date.now());
  const { ctimeMs } = statSync(places.created);
  expect(unchangedUntil(ctimeMs + 1000, { ...places, directory: `${base}/other` })).toBe(ctimeMs);
});

test("what tells a container of Docker tells nothing where an image has brought it", () => {
  const places = { ...container(), created: `${base}/imported` };
  writeFileSync(places.created, "");
  Bun.sleepSync(20);
  writeFileSync(`${base}/later`, "");
  const started = Date.now();
  expect(unchangedUntil(started, { ...places, image: `${base}/later` })).toBe(started);
});

test("a container that cannot be written has its first boot each time", () => {
  writeFileSync(`${base}/file`, "");
  const places = { ...container(), directory: `${base}/file` };
  expect(unchangedUntil(1000, places)).toBe(1000);
  expect(unchangedUntil(2000, places)).toBe(2000);
});

test("a clock that was ahead makes everything doubtful", () => {
  const places = container();
  unchangedUntil(Date.now() + 3_600_000, places);
  expect(unchangedUntil(Date.now(), places)).toBe(0);
});

test("a record that is cut off makes everything doubtful", () => {
  const places = container();
  unchangedUntil(1000, places);
  writeFileSync(`${places.directory}/first-boot`, "");
  expect(unchangedUntil(2000, places)).toBe(0);
});
