import { expect, test } from "bun:test";
import { median } from "../../bench/statistics.ts";
import { table } from "../../bench/table.ts";

test("the median of an odd and an even number of values, and of none", () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN]);
});

test("rows with what was measured, ranges, and whether the budget is kept", () => {
  const text = table({
    secondBoot: { "ai-dock": [110, 130, 120], tini: [100, 100] },
    blocks: { "ai-dock": [900], supervisord: [1000] },
    crash: { "ai-dock": [1.25] },
  });
  expect(text.split("\n").slice(2)).toEqual([
    "| container start → ssh banner, host keys there, ms | 120 (110–130) | – | – | 100 (100–100) | ≤ 1.2 × tini | ok |",
    "| crash → running again, ms | 1.3 | – | – | – | ≤ 10 | ok |",
    "| 1 GiB in blocks to a rotated file, MB/s | 900 | 1000 | – | – | ≥ supervisord | missed |",
  ]);
});
