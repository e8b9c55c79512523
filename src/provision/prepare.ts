import { workspaceOf } from "../env/workspace.ts";
import { lookupUser } from "../sys/users.ts";
import { conditionProblem } from "./graph/conditions.ts";
import { type Items, itemsOf } from "./graph/items.ts";
import type { Problem } from "./manifest/document.ts";
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
  const { items, problems } = itemsOf(loaded.manifest, normal);
  const source = loaded.sources.join(", ");
  const own: Problem[] = problems.map((message) => ({ source, message }));
  for (const { id, when } of items)
    for (const condition of when) {
      const message = conditionProblem(condition);
      if (message !== undefined) own.push({ source, message: `${id}: ${message}` });
    }
  return { ...loaded, items, problems: [...loaded.problems, ...own] };
}

/**
 * The owner of the workspace may put a manifest there, which root obeys, unless programs of this container run as that
 * user: they would become root by it. With passwordless sudo they are as good as root.
 */
function trustedUids(env: Readonly<Record<string, string>>): number[] {
  const owner = Number(env["WORKSPACE_UID"] ?? "0");
  const account = env["USER_NAME"] === undefined ? undefined : lookupUser(env["USER_NAME"]);
  return account?.uid === owner && env["AI_DOCK_FLAVOUR"] !== "compat" ? [] : [owner];
}

/** `FILE:LINE: what is wrong`. */
export const describeProblem = ({ source, line, message }: Problem): string =>
  `${source}${line === undefined ? "" : `:${line}`}: ${message}`;
