import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { canMount, digest, Place } from "./place-fixture.ts";

/** What an app may see at any moment: a directory of the image or a link, and behind the link nothing but the whole. */
function requireWhole(place: Place, wanted: string[], isHalfAllowed: boolean): void {
  const { opt, workspace } = place;
  if (existsSync(`${workspace}App`)) expect(digest(`${workspace}App`)).toEqual(wanted);
  const here = lstatSync(`${opt}/App`, { throwIfNoEntry: false });
  if (here?.isSymbolicLink()) expect(readlinkSync(`${opt}/App`)).toBe(`${workspace}App`);
  // Until it is whole on the volume, the container's directory is.
  else if (!isHalfAllowed || !existsSync(`${workspace}App`)) expect(digest(`${opt}/App`)).toEqual(wanted);
}

describe.skipIf(!canMount)("OPT_SYNC, killed at random moments, loses and doubles nothing", () => {
  // An overlay cannot swap a directory of the image for a link: it is emptied, before any program starts.
  test.each([
    ["on one file system, where a swap makes it", false, 15],
    ["from the layers of an image to a volume", true, 50],
  ])(
    "%s",
    async (_, overlay, kills) => {
      using place = new Place({ overlay, ...(overlay ? { tmpfs: "size=64m" } : {}), files: 200 });
      const wanted = digest(`${place.image}/App`);
      const begun = performance.now();
      place.sync();
      const whole = performance.now() - begun;
      for (let [killed, round] = [0, 0]; killed < kills; round++) {
        if (round > 20 * kills) throw new Error("Most boots end before they are killed");
        // One that has its link has nothing left to do: another container comes, to the same volume or a new one.
        if (isLink(`${place.opt}/App`)) {
          place.newContainer();
          if (round % 4 > 0) rmSync(`${place.workspace}App`, { recursive: true });
        }
        if (await place.syncAndKill(Math.random() * whole)) killed++;
        requireWhole(place, wanted, overlay);
      }
      const { outcome } = place.sync();
      expect([outcome.state, outcome.reason]).toEqual(["volume", null]);
      expect(readlinkSync(`${place.opt}/App`)).toBe(`${place.workspace}App`);
      expect(digest(`${place.workspace}App`)).toEqual(wanted);
      expect(readdirSync(place.workspace)).toEqual(["App"]);
      expect(readdirSync(place.opt)).toEqual(["App"]);
    },
    300_000,
  );
});

const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
