import { describe, expect, test } from "bun:test";
import { MEBIBYTE } from "../../../src/provision/download/limits.ts";
import { type Claim, Pieces, pieceBytesFor } from "../../../src/provision/download/pieces.ts";

const make = (size: number) => new Pieces(size, new Uint32Array(Pieces.countFor(size)));
const claimed = (claim: Claim | undefined) => claim && [claim.piece, claim.end];

describe("Pieces", () => {
  test("of large files are larger, so that a journal stays small", () => {
    expect(pieceBytesFor(1)).toBe(MEBIBYTE);
    expect(pieceBytesFor(16 * 1024 * MEBIBYTE)).toBe(MEBIBYTE);
    expect(pieceBytesFor(16 * 1024 * MEBIBYTE + 1)).toBe(2 * MEBIBYTE);
    expect(Pieces.countFor(2 ** 41)).toBe(16_384);
  });

  test("are claimed in order, in runs for every connection", () => {
    const pieces = make(64 * MEBIBYTE);
    expect(claimed(pieces.claim(4, MEBIBYTE))).toEqual([0, 8]);
    expect(claimed(pieces.claim(4, MEBIBYTE))).toEqual([8, 16]);
    expect(claimed(pieces.claim(1, 32 * MEBIBYTE))).toEqual([16, 48]);
  });

  test("are taken from whoever has most ahead once all are claimed, but never the one being written", () => {
    const pieces = make(8 * MEBIBYTE);
    const all = pieces.claim(1, 8 * MEBIBYTE) as Claim;
    pieces.advance(all, MEBIBYTE + 5);
    expect(pieces.claim(2, MEBIBYTE)).toBeUndefined();
    expect(pieces.steal(MEBIBYTE, () => false)).toBeUndefined();
    expect(claimed(pieces.steal(MEBIBYTE, (victim) => victim === all))).toEqual([5, 8]);
    expect(claimed(all)).toEqual([1, 5]);
    expect(claimed(pieces.steal(MEBIBYTE, () => true))).toEqual([3, 5]);
    expect(pieces.steal(4 * MEBIBYTE, () => true)).toBeUndefined();
  });

  test("that an answer brings already are claimed as far as it goes", () => {
    const pieces = make(8 * MEBIBYTE);
    const first = pieces.claim(1, 2 * MEBIBYTE) as Claim;
    pieces.advance(first, MEBIBYTE / 2);
    pieces.release(first);
    expect(pieces.claimRange(0, 4 * MEBIBYTE)).toBeUndefined();
    expect(claimed(pieces.claimRange(MEBIBYTE / 2, 4 * MEBIBYTE))).toEqual([0, 4]);
    expect(claimed(pieces.claimRange(4 * MEBIBYTE, 4.5 * MEBIBYTE))).toEqual([4, 5]);
  });

  test("that a connection gives back are claimed again from where it was", () => {
    const pieces = make(3 * MEBIBYTE + 10);
    const first = pieces.claim(1, 8 * MEBIBYTE) as Claim;
    pieces.advance(first, MEBIBYTE + 7);
    pieces.release(first);
    const again = pieces.claim(1, 8 * MEBIBYTE) as Claim;
    expect([pieces.offsetOf(again), pieces.endOf(again)]).toEqual([MEBIBYTE + 7, 3 * MEBIBYTE + 10]);
    pieces.advance(again, 2 * MEBIBYTE + 3);
    expect([pieces.isWhole, pieces.front, pieces.missing]).toEqual([true, 3 * MEBIBYTE + 10, undefined]);
    expect(pieces.claim(1, 1)).toBeUndefined();
  });

  test("know the bytes without a gap from the start", () => {
    const pieces = make(4 * MEBIBYTE);
    const [one, two] = [pieces.claim(4, MEBIBYTE) as Claim, pieces.claim(4, MEBIBYTE) as Claim];
    pieces.advance(two, MEBIBYTE);
    expect(pieces.front).toBe(0);
    pieces.advance(one, 100);
    expect(pieces.front).toBe(100);
    pieces.advance(one, MEBIBYTE - 100);
    expect(pieces.front).toBe(2 * MEBIBYTE);
    expect(pieces.received).toBe(2 * MEBIBYTE);
  });
});
