import { expect, test } from "bun:test";
import { comparable } from "./compare.ts";
import { randomConfigurations } from "./random.ts";
import { readAll } from "./run.ts";

test("supervisord and we read 300 random configurations alike", async () => {
  const cases = randomConfigurations(300, 1).map((files, index) => ({ name: String(index), files }));
  const readings = (await readAll(cases)).map(comparable);
  const apart = readings.flatMap(({ supervisord, ours }, index) =>
    Bun.deepEquals(supervisord, ours) ? [] : [{ files: cases[index]!.files, supervisord, ours }],
  );
  expect(apart).toEqual([]);
  // Neither side of the question may be trivial.
  const refused = readings.filter(({ supervisord }) => supervisord.refused).length;
  expect(refused).toBeWithin(60, 240);
});
