import { expect, test } from "bun:test";
import { Rounds } from "../../../src/features/web/rounds.ts";
import { until } from "../../portal/_portal.ts";

const LONG_MILLISECONDS = 3_600_000;

test("a round comes, however often somebody asks", async () => {
  let count = 0;
  const rounds = new Rounds(async () => void count++);
  await until(() => {
    rounds.ask();
    return count === 2;
  });
  rounds.end();
});

test("who asks for later does not put off what is due", async () => {
  let count = 0;
  const rounds = new Rounds(async () => void count++);
  rounds.ask(LONG_MILLISECONDS);
  rounds.ask();
  rounds.ask(LONG_MILLISECONDS);
  await until(() => count === 1);
  rounds.end();
});

test("who asks during a round gets another one behind, not beside", async () => {
  let [running, most, count] = [0, 0, 0];
  const rounds = new Rounds(async () => {
    most = Math.max(most, ++running);
    count++;
    if (count < 3) {
      rounds.ask(LONG_MILLISECONDS);
      rounds.ask();
    }
    await Bun.sleep(20);
    running--;
  });
  rounds.ask();
  await until(() => count === 3);
  await until(() => running === 0);
  rounds.end();
  expect(most).toBe(1);
});
