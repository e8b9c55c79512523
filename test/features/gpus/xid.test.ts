import { describe, expect, test } from "bun:test";
import { meaningOfXid } from "../../../src/features/gpus/xid.ts";

describe("an error event of a GPU", () => {
  test.each([8, 13, 31, 32, 43, 45, 68, 69, 100, 137])("Xid %d is of a program", (code) => {
    expect(meaningOfXid(code)).toMatchObject({ severity: "info", isLoss: false });
  });

  test.each([61, 63, 92, 94, 156])("Xid %d is of a GPU that goes on", (code) => {
    expect(meaningOfXid(code)).toMatchObject({ severity: "warning", isLoss: false });
  });

  test.each([46, 48, 64, 74, 109, 110, 140, 154])("Xid %d says to stop using the machine", (code) => {
    expect(meaningOfXid(code)).toMatchObject({ severity: "error", isLoss: false });
    expect(meaningOfXid(code).text).toContain("stop using this machine and rent another one");
  });

  test.each([62, 79, 95, 119, 120, 143])("Xid %d is a loss", (code) => {
    expect(meaningOfXid(code)).toMatchObject({ severity: "error", isLoss: true });
    expect(meaningOfXid(code).text).toContain("stop using this machine and rent another one");
  });

  test("each of NVIDIA's catalog has one meaning, and one that is new says so", () => {
    const told = new Map<string, number>();
    for (let code = 1; code < 200; code++) {
      const { text } = meaningOfXid(code);
      expect(text).toMatch(/; /);
      told.set(text, code);
    }
    expect(told.size).toBeGreaterThan(30);
    expect(meaningOfXid(9999)).toMatchObject({
      severity: "warning",
      text: expect.stringContaining("does not know it"),
    });
  });
});
