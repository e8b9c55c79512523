import { createRedactor } from "../env/redact.ts";
import type { Account } from "../sys/users.ts";
import { conditionsHold } from "./graph/conditions.ts";
import type { Item } from "./graph/item.ts";
import { type Reports, runItems } from "./graph/run.ts";
import { callWebhook, failurePolicy } from "./failure.ts";
import { perform } from "./items/perform.ts";
import { describeProblem, type Prepared } from "./prepare.ts";
import { formatSeconds } from "./progress/describe.ts";
import type { ItemLine } from "./progress/file.ts";
import { Reporter, type ReporterOptions } from "./progress/reporter.ts";
import { contexts, facts } from "./run-context.ts";
import { forgotten } from "./state/forgotten.ts";
import { Stores } from "./state/stores.ts";

export interface ApplyOptions {
  env: Record<string, string>;
  signal: AbortSignal;
  /** Who runs commands and owns what they make; absent: we ourselves. */
  user?: Account | undefined;
  /** Writes one line. */
  say(line: string): void;
  terminal?: ReporterOptions["terminal"];
  /** Report what records know that the manifest no longer has. */
  isComplete: boolean;
  /** Where the container's records, the state for others and the log of daemons are; tests have their own. */
  places?: { records: string; state: string; rest: string };
}

/** How a provisioning has ended. */
export interface Applied {
  /** `partly`: only optional items failed. */
  outcome: "done" | "partly" | "failed" | "interrupted";
  /** What the policy asks for in the end; `continue` where nothing failed. */
  action: "continue" | "stop" | "destroy";
  items: ItemLine[];
}

/** Does everything that a manifest asks for; failed items are tried again by its policy. Never throws for an item. */
export async function apply(prepared: Prepared, options: ApplyOptions): Promise<Applied> {
  const { items, manifest, sources, warnings } = prepared;
  const { env, signal, user } = options;
  const redact = createRedactor(env);
  const say = (line: string) => options.say(redact(line));
  for (const warning of warnings) say(describeProblem(warning));
  using stores = new Stores(env, (line) => say(line), options.places?.records);
  using reporter = new Reporter({
    items,
    sources,
    say,
    redact,
    terminal: options.terminal,
    ...(options.places === undefined ? {} : { path: options.places.state }),
  });
  const contextOf = contexts({ env, manifest, signal, stores, user, say, rest: options.places?.rest });
  const asked = facts(env, signal);
  const run = async (before?: Reports) =>
    runItems(
      items,
      {
        perform: async (item, onProgress) => perform(item, { ...contextOf(item), onProgress }),
        holds: async (conditions) => conditionsHold(conditions, asked),
        onChange: (item, report) => reporter.change(item, report),
        signal,
      },
      before,
    );
  const policy = failurePolicy(manifest, env);
  let reports = await run();
  for (let tries = 1; tries <= policy.retries && isWorthTrying(items, reports) && !signal.aborted; tries++) {
    say(`what failed is tried again in ${formatSeconds(policy.delay)} (${tries} of ${policy.retries})`);
    await sleep(policy.delay * 1000, signal);
    if (!signal.aborted) reports = await run(reports);
  }
  const lines = reporter.lines();
  if (options.isComplete)
    for (const path of forgotten(items, stores.keys())) say(`no longer asked for, left as it is: ${path}`);
  const outcome = signal.aborted ? "interrupted" : outcomeOf(lines);
  const action = outcome === "failed" ? policy.action : "continue";
  if (
    policy.webhook !== undefined &&
    (outcome === "failed" || (outcome !== "interrupted" && policy.webhookOnSuccess))
  ) {
    const failed = lines.filter(({ state }) => state === "failed");
    const problem = await callWebhook(
      policy.webhook,
      {
        action,
        manifest: sources,
        error: outcome === "failed" ? "provisioning failed" : undefined,
        failed: failed.map(({ name, reason = "" }) => ({ name, reason })),
      },
      env,
      signal,
    );
    if (problem !== undefined) say(problem);
  }
  return { outcome, action, items: lines };
}

function isWorthTrying(items: readonly Item[], reports: Reports): boolean {
  return items.some(({ id, optional }) => {
    const report = reports.get(id);
    return !optional && report?.state === "failed" && report.isFinal !== true;
  });
}

function outcomeOf(lines: readonly ItemLine[]): "done" | "partly" | "failed" {
  const bad = lines.filter(({ state }) => state === "failed" || state === "skipped");
  if (bad.some(({ optional }) => !optional)) return "failed";
  return bad.length > 0 ? "partly" : "done";
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), milliseconds);
  const end = () => resolve(undefined);
  signal.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
