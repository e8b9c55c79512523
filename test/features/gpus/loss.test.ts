import { expect, test } from "bun:test";
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { watchGpus } from "../../../src/features/gpus/loss.ts";
import { container, tree } from "./driver/_tree.ts";

/** The problems that are told, one a change. */
function watched(root: string) {
  const told: (string | undefined)[] = [];
  let next = Promise.withResolvers<void>();
  const end = watchGpus({
    root,
    intervalMilliseconds: 1,
    onChange(problem) {
      told.push(problem);
      next.resolve();
      next = Promise.withResolvers();
    },
  });
  return { told, end, changed: () => next.promise };
}

test("a GPU that goes away and comes back is told, once each", async () => {
  const root = tree(container("550.54.14"));
  const node = join(root, "dev/nvidia0");
  const { told, end, changed } = watched(root);
  const lost = changed();
  renameSync(node, `${node}-away`);
  await lost;
  const back = changed();
  renameSync(`${node}-away`, node);
  await back;
  const all = changed();
  rmSync(join(root, "dev"), { recursive: true });
  await all;
  end();
  expect(told).toEqual([
    "GPU lost: /dev/nvidia0 is gone; restart the container",
    undefined,
    expect.stringMatching(/^GPU lost: \/dev\/nvidiactl(, \/dev\/nvidia0)? (is|are) gone; restart/),
  ]);
});

test("what was not there is not missed", async () => {
  const root = tree({ ...container("550.54.14"), "dev/kfd": "" });
  rmSync(join(root, "dev/nvidia0"));
  const { told, end, changed } = watched(root);
  const lost = changed();
  rmSync(join(root, "dev/kfd"));
  await lost;
  end();
  expect(told).toEqual(["GPU lost: /dev/kfd is gone; restart the container"]);
});
