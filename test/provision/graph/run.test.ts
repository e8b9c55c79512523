import { describe, expect, test } from "bun:test";
import type { Item } from "../../../src/provision/graph/item.ts";
import { Lanes } from "../../../src/provision/graph/lanes.ts";
import { FinalError, type Success } from "../../../src/provision/graph/outcome.ts";
import { runItems } from "../../../src/provision/graph/run.ts";

const item = (
  id: string,
  links: Partial<Pick<Item, "needs" | "after" | "when" | "optional">> = {},
): Item => ({
  kind: "command",
  spec: { command: id },
  id,
  label: id,
  optional: false,
  needs: [],
  after: [],
  when: [],
  ...links,
});

async function run(items: Item[], perform: (item: Item) => Promise<Success>, abort = new AbortController()) {
  const reports = await runItems(items, {
    perform,
    holds: async (conditions) => !conditions.includes("never"),
    onChange: () => undefined,
    signal: abort.signal,
  });
  return Object.fromEntries(
    [...reports].map(([id, { state, reason }]) => [id, reason === undefined ? state : `${state}: ${reason}`]),
  );
}

const done = async (): Promise<Success> => ({ state: "done" });

describe("items that run", () => {
  test("are independent of the failure of others, unless they need them", async () => {
    const items = [
      item("bad"),
      item("needs", { needs: ["bad"] }),
      item("after", { after: ["bad"] }),
      item("other"),
    ];
    expect(
      await run(items, async ({ id }) => {
        if (id === "bad") throw new FinalError("no such thing");
        return { state: "done" };
      }),
    ).toEqual({ bad: "failed: no such thing", needs: "skipped: needs bad", after: "done", other: "done" });
  });

  test("start when what they wait for has ended, and beside all else", async () => {
    const open = Promise.withResolvers<undefined>();
    const begun: string[] = [];
    const items = [item("slow"), item("quick"), item("last", { after: ["slow", "quick"] })];
    const ended = run(items, async ({ id }) => {
      begun.push(id);
      if (id === "slow") await open.promise;
      if (id === "quick") open.resolve(undefined);
      return { state: "done" };
    });
    expect(Object.values(await ended)).toEqual(["done", "done", "done"]);
    expect(begun).toEqual(["slow", "quick", "last"]);
  });

  test("are off when their conditions do not hold, as are those that need them", async () => {
    const items = [item("a", { when: ["never"] }), item("b", { needs: ["a"] }), item("c", { after: ["a"] })];
    expect(await run(items, done)).toEqual({
      a: "off: when never",
      b: "off: needs a, which is off",
      c: "done",
    });
  });

  test("are not begun after an abort", async () => {
    const abort = new AbortController();
    const items = [item("a"), item("b", { after: ["a"] })];
    const states = await run(
      items,
      async () => {
        abort.abort();
        throw new Error("ended by signal");
      },
      abort,
    );
    expect(states).toEqual({ a: "waiting: interrupted", b: "waiting: interrupted" });
  });

  test("that are done already are not run again", async () => {
    const first = await runItems([item("a"), item("b")], {
      perform: async ({ id }) => {
        if (id === "a") return { state: "done" };
        throw new Error("not yet");
      },
      holds: async () => true,
      onChange: () => undefined,
      signal: new AbortController().signal,
    });
    const again: string[] = [];
    await runItems(
      [item("a"), item("b")],
      {
        perform: async ({ id }) => {
          again.push(id);
          return { state: "done" };
        },
        holds: async () => true,
        onChange: () => undefined,
        signal: new AbortController().signal,
      },
      first,
    );
    expect(again).toEqual(["b"]);
  });
});

test("a lane is never fuller than it is wide, and is left after failures, too", async () => {
  const lanes = new Lanes(() => 2);
  let running = 0;
  let most = 0;
  const all = Array.from({ length: 20 }, (_, index) =>
    lanes.run("downloads", async () => {
      most = Math.max(most, ++running);
      await Bun.sleep(0);
      running--;
      if (index % 3 === 0) throw new Error("failed");
    }),
  );
  await Promise.allSettled(all);
  expect({ most, running }).toEqual({ most: 2, running: 0 });
});
