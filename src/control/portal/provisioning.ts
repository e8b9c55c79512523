import { readIfExists } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import type { Provisioning } from "./protocol.ts";

const MOST_ITEMS = 2000;
const LONGEST_TEXT = 2000;

/** Where `ai-dock provision` says how far it is. */
const progressFile = () => runtimePath("provisioning.json");

/**
 * Reads how far the items of a manifest are; without items where no manifest has been applied. What is wrong in the file is
 * left out: another version may have written it.
 */
export function readProvisioning(path = progressFile()): Provisioning {
  const { isRunning, items } = fieldsOf(parse(path));
  return {
    running: isRunning === true,
    items: (Array.isArray(items) ? items : []).slice(0, MOST_ITEMS).flatMap((item: unknown) => {
      const fields = fieldsOf(item);
      const [name, state] = [text(fields["name"]), text(fields["state"])];
      if (name === null || state === null) return [];
      const [received, total, rate] = ["received", "total", "rate"].map((key) => count(fields[key]));
      const reason = text(fields["reason"]);
      return [{ name, state, received: received ?? null, total: total ?? null, rate: rate ?? null, reason }];
    }),
  };
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readIfExists(path) ?? "{}");
  } catch {
    return {};
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown) => (typeof value === "string" ? value.slice(0, LONGEST_TEXT) : null);
const count = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
