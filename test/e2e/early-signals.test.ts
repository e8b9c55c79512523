import { expect, test } from "bun:test";
import { boot } from "./harness.ts";

const ROUNDS = 20;

test(`a stop right after the start is not lost: ${ROUNDS} containers end by themselves`, async () => {
  const codes = await Promise.all(
    Array.from({ length: ROUNDS }, async () => {
      await using container = await boot();
      // Longer than any boot, so that only a lost signal ends in a KILL.
      const { code } = await container.stop(60);
      return code;
    }),
  );
  expect(codes).toEqual(Array.from({ length: ROUNDS }, () => 0));
});
