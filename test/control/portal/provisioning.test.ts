import { describe, expect, test } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readProvisioning } from "../../../src/control/portal/provisioning.ts";
import { provisioningSchema } from "../../../src/control/portal/protocol.ts";
import { writeState } from "../../../src/provision/progress/file.ts";

const path = () => join(mkdtempSync(join(tmpdir(), "provisioning-")), "provisioning.json");

describe("readProvisioning()", () => {
  test("reads what the provisioner writes", () => {
    const file = path();
    const item = { kind: "download", label: "", optional: false };
    writeState(
      {
        at: 1,
        isRunning: true,
        sources: [],
        items: [
          { ...item, name: "sdxl", state: "running", received: 10, total: 40, rate: 5 },
          { ...item, name: "vae", state: "failed", reason: "404: no such file" },
        ],
      },
      file,
    );
    const read = readProvisioning(file);
    const unknown = { received: null, total: null, rate: null };
    expect(read).toEqual({
      running: true,
      items: [
        { name: "sdxl", state: "running", received: 10, total: 40, rate: 5, reason: null },
        { ...unknown, name: "vae", state: "failed", reason: "404: no such file" },
      ],
    });
    expect(provisioningSchema.safeParse(read).error).toBeUndefined();
  });

  test("says nothing without a file", () => {
    expect(readProvisioning(path())).toEqual({ running: false, items: [] });
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    '{"items":{}}',
    '{"items":[null,1,{"name":"a"},{"name":1,"state":"done"}]}',
    '{"isRunning":"yes","items":[]}',
  ])("leaves out what is wrong in %j", (text) => {
    const file = path();
    writeFileSync(file, text);
    expect(readProvisioning(file)).toEqual({ running: false, items: [] });
  });

  test("takes numbers that are none for unknown, and cuts long texts and lists", () => {
    const file = path();
    const items = Array.from({ length: 3000 }, () => ({
      name: "x".repeat(5000),
      state: "running",
      received: -1,
      total: "many",
      rate: null,
    }));
    writeFileSync(file, JSON.stringify({ isRunning: true, items }));
    const read = readProvisioning(file);
    expect(read.items).toHaveLength(2000);
    expect(read.items[0]).toMatchObject({ received: null, total: null, rate: null });
    expect(read.items[0]?.name).toHaveLength(2000);
  });
});
