import { describe, expect, test } from "bun:test";
import { dispositionName, partNames, safeName, urlName } from "../../../src/provision/download/names.ts";

describe("dispositionName()", () => {
  test.each([
    ['attachment; filename="model.safetensors"', "model.safetensors"],
    ["attachment; filename=model.safetensors", "model.safetensors"],
    ["inline;FILENAME=a.bin ; x=y", "a.bin"],
    ['attachment; filename="a \\"b\\"; c.bin"', 'a "b"; c.bin'],
    ["attachment; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.bin; filename=plain.bin", "naïve €.bin"],
    ["attachment; filename=plain.bin; filename*=UTF-8'en'better.bin", "better.bin"],
    ["attachment; filename*=iso-8859-1'en'%A3.bin", "£.bin"],
    ["attachment; filename*=utf-8''%ff%fe; filename=plain.bin", "plain.bin"],
    ["attachment; filename*=koi8-r''x; filename=plain.bin", "plain.bin"],
    [`attachment; filename="${Buffer.from("ümlaut.bin").toString("latin1")}"`, "ümlaut.bin"],
    ['attachment; filename="my%20model.bin"', "my model.bin"],
  ])("%s", (header, name) => expect(dispositionName(header)).toBe(name));

  test.each([[null], [""], ["attachment"], ["attachment; filename="], ['attachment; filename=""']])(
    "%p: none",
    (header) => expect(dispositionName(header)).toBeUndefined(),
  );
});

test.each([
  ["https://a.example/x/model%20one.bin?token=1", "model one.bin"],
  ["https://a.example/x/%E0%A4%A.bin", "%E0%A4%A.bin"],
  ["https://a.example/x/", undefined],
])("urlName() of %s", (url, name) => expect(urlName(new URL(url))).toBe(name as string));

describe("safeName()", () => {
  test.each([
    ["../../etc/passwd", "passwd"],
    ["C:\\models\\x.bin", "x.bin"],
    ["/etc/cron.d/x", "x"],
    [".bashrc", "bashrc"],
    ["...x", "x"],
    ["a\u0000b\nc\u001b[31m.bin", "abc[31m.bin"],
    ["gpj.\u202Eexe.bin", "gpj.exe.bin"],
    ["what?<is>*this|.bin", "what__is__this_.bin"],
    ["  spaced .bin ", "spaced .bin"],
  ])("%j", (name, safe) => expect(safeName(name)).toBe(safe));

  test.each([[""], [".."], ["./"], ["\u0000"], ["/"]])("%j: none", (name) =>
    expect(safeName(name)).toBeUndefined(),
  );

  test("keeps the extension of a long name, and characters whole", () => {
    const name = safeName(`${"é".repeat(300)}.safetensors`) ?? "";
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^é+\.safetensors$/);
  });
});

test("partNames() are hidden, differ, and fit into a directory entry", () => {
  expect(partNames("a.bin")).toEqual({ part: ".a.bin.ai-dock-part", journal: ".a.bin.ai-dock-journal" });
  const [one, other] = [partNames(`${"x".repeat(254)}1`), partNames(`${"x".repeat(254)}2`)];
  expect(one.part).not.toBe(other.part);
  for (const name of [...Object.values(one), ...Object.values(partNames("é".repeat(127)))])
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
});
