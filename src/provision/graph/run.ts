import { messageOf } from "../../errors.ts";
import { DownloadError } from "../download/error.ts";
import type { DownloadProgress } from "../download/progress.ts";
import type { Item } from "./item.ts";
import { FinalError, type ItemReport, type Success } from "./outcome.ts";

/** How to run one item, and who hears of it. */
export interface RunOptions {
  /** Does the work. Throws an error whose message is for users. */
  perform(item: Item, onProgress: (progress: DownloadProgress) => void): Promise<Success>;
  /** Whether the conditions of an item hold. */
  holds(conditions: string[]): Promise<boolean>;
  onChange(item: Item, report: ItemReport): void;
  signal: AbortSignal;
}

/** What has become of all items, by id. */
export type Reports = Map<string, ItemReport>;

/**
 * Runs items side by side, each as soon as what it waits for has ended. Those that are in `before` as done, or as failed
 * for good, stay so. Never
 * throws: what fails is in the reports. When aborted, what was not begun keeps waiting.
 */
export async function runItems(
  items: readonly Item[],
  options: RunOptions,
  before: Reports = new Map(),
): Promise<Reports> {
  const reports: Reports = new Map();
  const ends = new Map(items.map(({ id }) => [id, Promise.withResolvers<ItemReport>()]));
  const report = (item: Item, change: Omit<ItemReport, "since">) => {
    const full: ItemReport = { ...change, since: Date.now() };
    reports.set(item.id, full);
    options.onChange(item, full);
    return full;
  };
  const one = async (item: Item): Promise<ItemReport> => {
    const earlier = before.get(item.id);
    const isFailedForGood = earlier?.state === "failed" && earlier.isFinal === true;
    if (earlier?.state === "done" || earlier?.state === "unchanged" || isFailedForGood) {
      reports.set(item.id, earlier);
      return earlier;
    }
    report(item, { state: "waiting" });
    const needed = await Promise.all(
      item.needs.map(async (id) => ({ id, ...(await ends.get(id)?.promise) })),
    );
    await Promise.all(item.after.map(async (id) => ends.get(id)?.promise));
    if (options.signal.aborted) return report(item, { state: "waiting", reason: "interrupted" });
    const missing = needed.find(({ state }) => state !== "done" && state !== "unchanged");
    if (missing?.state === "off")
      return report(item, { state: "off", reason: `needs ${missing.id}, which is off` });
    if (missing !== undefined) return report(item, { state: "skipped", reason: `needs ${missing.id}` });
    return await attempt(item, options, report);
  };
  await Promise.all(
    items.map(async (item) => {
      const end = await one(item);
      ends.get(item.id)?.resolve(end);
    }),
  );
  return reports;
}

async function attempt(
  item: Item,
  options: RunOptions,
  report: (item: Item, change: Omit<ItemReport, "since">) => ItemReport,
): Promise<ItemReport> {
  try {
    if (!(await options.holds(item.when)))
      return report(item, { state: "off", reason: `when ${item.when.join(", ")}` });
    report(item, { state: "running" });
    const success = await options.perform(item, (progress) => report(item, { state: "running", progress }));
    return report(item, success);
  } catch (error) {
    if (options.signal.aborted) return report(item, { state: "waiting", reason: "interrupted" });
    return report(item, { state: "failed", reason: reasonOf(error), isFinal: isFinal(error) });
  }
}

function reasonOf(error: unknown): string {
  const hint =
    error instanceof Error && "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  if (hint === undefined) return messageOf(error);
  // A sentence of its own elsewhere, a part of one here.
  return `${messageOf(error)}; ${hint.replace(/^[A-Z](?=[a-z]*\b)/, (letter) => letter.toLowerCase())}`;
}

/** Downloads have been tried often enough before they fail; only what is busy may be free later. */
const passing = new Set(["busy", "network", "rate-limited"]);

function isFinal(error: unknown): boolean {
  if (error instanceof DownloadError) return !passing.has(error.code);
  return error instanceof FinalError;
}
