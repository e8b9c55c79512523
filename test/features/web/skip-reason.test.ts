import { expect, test } from "bun:test";
import { NOTHING_TO_DO, SWITCHED_OFF } from "../../../src/features/web/wanted.ts";
import { WebWatch } from "../../../src/features/web/watch.ts";

const watch = () => new WebWatch({} as ConstructorParameters<typeof WebWatch>[0]);

test("what is up goes on when its last service has gone; what waits is started by its first", () => {
  const up = watch();
  expect([undefined, NOTHING_TO_DO].map(up.skipReason)).toEqual([undefined, undefined]);
  const waits = watch();
  expect([NOTHING_TO_DO, undefined].map(waits.skipReason)).toEqual([NOTHING_TO_DO, NOTHING_TO_DO]);
});

test("AI_DOCK_PORTAL=false of a hook counts, though the front was up before it", () => {
  const { skipReason } = watch();
  expect([undefined, SWITCHED_OFF, undefined].map(skipReason)).toEqual([undefined, SWITCHED_OFF, undefined]);
});
