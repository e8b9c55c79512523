import { afterAll, expect, test } from "bun:test";
import { programDefaults } from "../../../src/programs/spec.ts";
import { OutOfMemory } from "../../../src/supervisor/exit-reason.ts";
import { check, type Question } from "../../../src/supervisor/liveness/check.ts";
import { Slots } from "../../../src/supervisor/liveness/slots.ts";
import { ProcessTree } from "../../../src/supervisor/process-tree.ts";
import { startReaper } from "../../../src/supervisor/reaper.ts";
import { HANG_SECONDS } from "../../../src/supervisor/stop.ts";
import { onChildExit } from "../../../src/sys/children.ts";
import { bareSupervisor, specOf } from "../spec-fixture.ts";
import { exec, linesOf, temporaryFile } from "./supervised-fixture.ts";

afterAll(startReaper());

const context = { ...bareSupervisor, memory: new OutOfMemory(), hangSeconds: HANG_SECONDS };
const command = (script: string) => exec(script) as Question;
const behalf = () => ({ context, spec: { ...programDefaults, ...specOf("p") }, tree: new ProcessTree() });

test("a hundred commands that are due at once take turns, and none is late for that", async () => {
  const file = temporaryFile("turns");
  const { signal } = new AbortController();
  const question = command(`echo 1 >>${file}; sleep 0.2; echo -1 >>${file}`);
  const answers = await Promise.all(Array.from({ length: 100 }, () => check(question, behalf(), 8, signal)));
  expect(answers.map(({ verdict }) => verdict.is).filter((is) => is !== "alive")).toEqual([]);
  let [now, most] = [0, 0];
  for (const step of linesOf(file)) most = Math.max(most, (now += Number(step)));
  expect(now).toBe(0);
  expect(most).toBeWithin(2, 33);
}, 60_000);

test("a check that is given up before its turn starts no process", async () => {
  let ends = 0;
  const stop = onChildExit(() => ends++);
  const over = new AbortController();
  const asked = check(command("exit 0"), behalf(), 5, over.signal);
  over.abort();
  await asked;
  // One that was started before would have ended by the end of this one.
  await check(command("exit 0"), behalf(), 5, new AbortController().signal);
  stop();
  expect(ends).toBe(1);
});

test("slots are given in turn, to those who still wait", async () => {
  const { signal } = new AbortController();
  const slots = new Slots(1, 1_000_000);
  const first = await slots.take(signal);
  const impatient = new AbortController();
  const taken: string[] = [];
  const second = slots.take(impatient.signal).then((slot) => void taken.push(`second ${slot !== undefined}`));
  const third = slots.take(signal).then((slot) => {
    taken.push("third");
    return slot;
  });
  impatient.abort();
  await second;
  first?.();
  // Without effect, the second time.
  first?.();
  const thirds = await third;
  const fourth = slots.take(signal).then(() => taken.push("fourth"));
  await Promise.race([fourth, Bun.sleep(50)]);
  expect(taken).toEqual(["second false", "third"]);
  thirds?.();
  await fourth;
  expect(taken.at(-1)).toBe("fourth");
});

test("a slot that is not given back is free again after its time", async () => {
  const { signal } = new AbortController();
  const slots = new Slots(1, 100);
  const began = performance.now();
  for (let time = 0; time < 3; time++) expect(await slots.take(signal)).toBeDefined();
  expect(performance.now() - began).toBeGreaterThan(195);
});
