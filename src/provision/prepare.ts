import { createRedactor } from "../env/redact.ts";
import { workspaceOf } from "../env/workspace.ts";
import { type EntryProblem, type Items, itemsOf } from "./graph/items.ts";
import type { Problem } from "./manifest/document.ts";
import { trustedUids } from "./trusted.ts";
import { type LoadedManifest, loadManifests } from "./manifest/load.ts";

/** All that is to be provisioned, read and checked. */
export interface Prepared extends LoadedManifest {
  items: Items["items"];
}

/** Reads the manifests of a container, or the one that is `given` as path, URL or text, and checks them. */
export async function prepare(
  env: Record<string, string>,
  given: string | undefined,
  signal: AbortSignal,
): Promise<Prepared> {
  const trust = { uids: trustedUids(env) };
  const normal = { ...env, WORKSPACE: workspaceOf(env) };
  const loaded = await loadManifests({
    env: normal,
    signal,
    trust,
    ...(given === undefined ? {} : { given }),
  });
  const { items: named, ...told } = itemsOf(loaded.manifest, normal);
  // Labels go into records and the state: variables in a manifest may have brought a secret into a path or a command.
  const redact = createRedactor(env);
  const items = named.map((item) => ({ ...item, label: redact(item.label) }));
  const source = loaded.sources.join(", ");
  const placed = (problem: EntryProblem): Problem => ({ source, ...problem });
  const warnings = [
    ...loaded.warnings,
    ...told.warnings.map(placed),
    ...idleSettings(loaded.manifest, source),
  ];
  return { ...loaded, items, warnings, problems: [...loaded.problems, ...told.problems.map(placed)] };
}

/** Settings of vast.ai's provisioner that mean nothing here, and what holds instead. */
function idleSettings({ settings = {} }: LoadedManifest["manifest"], source: string): Problem[] {
  const told: [isSet: boolean, key: string, instead: string][] = [
    [settings.log_file !== undefined, "log_file", "the log is that of ai-dock logs provisioning"],
    [settings.workspace !== undefined, "workspace", "WORKSPACE says where the workspace is"],
    [(settings.retry?.backoff_multiplier ?? 2) !== 2, "retry.backoff_multiplier", "waits are doubled"],
  ];
  return told
    .filter(([isSet]) => isSet)
    .map(([, key, instead]) => ({ source, message: `settings.${key} has no effect here: ${instead}` }));
}

/** `FILE:LINE: what is wrong`. What a manifest from elsewhere holds must not steer the terminal of root. */
export const describeProblem = ({ source, line, message }: Problem): string =>
  `${source}${line === undefined ? "" : `:${line}`}: ${message}`.replaceAll(/\p{Cc}/gu, "\uFFFD");
