import { expect, test } from "bun:test";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { adaptToProvider } from "../../../src/features/provider/step.ts";
import { bootContext } from "../context-fixture.ts";

test("adaptToProvider() names the provider and keeps tmux away only when asked", () => {
  const marker = join(mkdtempSync(join(tmpdir(), "provider-")), ".no_auto_tmux");
  expect(adaptToProvider(bootContext({}, { VAST_CONTAINERLABEL: "C.1" }), marker)).toEqual({
    message: "Provider recognised",
    fields: { provider: "vast.ai" },
  });
  expect(existsSync(marker)).toBe(false);
  expect(adaptToProvider(bootContext({ VAST_NO_TMUX: "true" }), marker)).toBeUndefined();
  expect(existsSync(marker)).toBe(true);
});
