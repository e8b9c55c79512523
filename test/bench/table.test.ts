import { expect, test } from "bun:test";
import { median } from "../../bench/statistics.ts";
import { table } from "../../bench/table.ts";

test("the median of an odd and an even number of values, and of none", () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2]), median([])]).toEqual([2, 2.5, Number.NaN]);
});

test("rows with what was measured, ranges, and whether the budget is kept", () => {
  const text = table({
    secondBoot: { "ai-dock": [110, 130, 120], tini: [100, 100] },
    blocks: { "ai-dock": [1200], supervisord: [1000] },
    blocksCpu: { "ai-dock": [1] },
    crash: { "ai-dock": [1.25] },
  });
  expect(text.split("\n").slice(2)).toEqual([
    "| `docker start` → ssh banner, host keys there, ms | 120 (110–130) | – | – | – | 100 (100–100) | ≤ 1.1 × tini | missed |",
    "| program killed → running again, ms | 1.3 | – | – | – | – | ≤ 10 | ok |",
    "| 1 GiB in blocks of 64 kB to a rotated file alone, MB/s | 1200 | 1000 | – | – | – | ≥ 1.2 × supervisord | ok |",
    "| the same: CPU of the supervisor, s | 1.00 | – | – | – | – | ≤ 0.9 × supervisord |  |",
  ]);
});
