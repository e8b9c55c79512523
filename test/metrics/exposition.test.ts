import { expect, test } from "bun:test";
import { Exposition } from "../../src/metrics/exposition.ts";
import { counter, gauge } from "../../src/metrics/metric.ts";

const total = counter(
  "test_things_total",
  'Things, with a "quote" and a back\\slash\nand a line',
  "name",
  "kind",
);
const size = gauge("test_size_bytes", "Size");

test("families with help and type, labels in their order, what is unknown left out", () => {
  const text = new Exposition();
  text.add(size, 1.5e21);
  text.add(total, 1, "a", "b");
  text.add(total, true, "a", "c");
  text.add(total, null, "a", "d");
  text.add(total, undefined, "a", "e");
  text.add(gauge("test_nothing", "Nothing"), null);
  expect(text.toString().split("\n")).toEqual([
    "# HELP test_size_bytes Size",
    "# TYPE test_size_bytes gauge",
    "test_size_bytes 1.5e+21",
    '# HELP test_things_total Things, with a "quote" and a back\\\\slash\\nand a line',
    "# TYPE test_things_total counter",
    'test_things_total{name="a",kind="b"} 1',
    'test_things_total{name="a",kind="c"} 1',
    "",
  ]);
});

test("no label can be more than a label", () => {
  const names = [
    'x"} 1\nevil_total{a="b',
    "back\\",
    '\\"',
    "\\n",
    "nul\0l",
    "\r\n# TYPE x counter",
    "\ud800 half",
    "ä 🎉",
    "{}",
    "x".repeat(100_000),
  ];
  const text = new Exposition();
  for (const [index, name] of names.entries()) text.add(total, index, name, "k");
  const lines = text.toString().trimEnd().split("\n");
  expect(lines.slice(2)).toHaveLength(names.length);
  for (const line of lines.slice(2))
    expect(line).toMatch(/^test_things_total\{name="([^"\\]|\\.)*",kind="k"\} \d$/);
  expect(lines[2]).toBe('test_things_total{name="x\\"} 1\ufffdevil_total{a=\\"b",kind="k"} 0');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(400);
});

test("labels that come out alike are one series, and there is an end to series", () => {
  const text = new Exposition();
  text.add(total, 1, "a\u0001", "b");
  text.add(total, 2, "a\u0002", "b");
  for (let index = 0; index < 20_000; index++) text.add(total, index, String(index), "c");
  const lines = text.toString().trimEnd().split("\n");
  expect(lines).toHaveLength(2 + 10_000);
});

test("a value without its labels is a mistake", () => {
  expect(() => new Exposition().add(total, 1, "a")).toThrow("test_things_total: expected 2 labels, got 1");
});
