import { expect, test } from "bun:test";
import { tidyAfterwards } from "../../src/sys/tidy.ts";
import { until } from "../portal/_portal.ts";

test("garbage is collected once after a burst of requests, and again after the next one", async () => {
  let collections = 0;
  const tidy = tidyAfterwards(() => collections++, { quiet: 20 });
  for (let request = 0; request < 100; request++) tidy();
  expect(collections).toBe(0);
  await until(() => collections > 0);
  expect(collections).toBe(1);
  tidy();
  await until(() => collections > 1);
});

test("requests without end do not keep the garbage", async () => {
  let collections = 0;
  const tidy = tidyAfterwards(() => collections++, { quiet: 20, patience: 50 });
  await until(() => {
    tidy();
    return collections > 1;
  });
});
