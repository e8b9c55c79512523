import { expect, test } from "bun:test";
import { provisioningNote } from "../../src/cli/provision/note.ts";
import type { ItemLine } from "../../src/provision/progress/file.ts";

const line = (name: string, state: ItemLine["state"], optional = false): ItemLine => ({
  name,
  state,
  optional,
  kind: "download",
  label: name,
});
const noteOn = (...items: ItemLine[]) => provisioningNote({ at: 0, isRunning: false, sources: [], items });

test("status says what the provisioning failed at, and nothing where all went well", () => {
  expect(provisioningNote(undefined)).toBeUndefined();
  expect(noteOn(line("a", "done"), line("b", "off"))).toBeUndefined();
  expect(noteOn(line("a", "failed"), line("b", "skipped"), line("c", "failed", true))).toBe(
    "Provisioning: a failed, b not begun, c failed (optional); see: ai-dock provision status",
  );
  expect(noteOn(...Array.from({ length: 7 }, (_, index) => line(`i${index}`, "failed")))).toContain(
    "and 2 more",
  );
});
