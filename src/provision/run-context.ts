import { logger } from "../log.ts";
import { LOG_DIRECTORY } from "../programs/spec.ts";
import type { Account } from "../sys/users.ts";
import type { Facts } from "./graph/conditions.ts";
import type { Item } from "./graph/item.ts";
import { Lanes } from "./graph/lanes.ts";
import type { ItemContext } from "./items/context.ts";
import { runCommand } from "./items/run-command.ts";
import { ownerFor } from "./ownership.ts";
import { trustedUids } from "./trusted.ts";
import type { Manifest } from "./manifest/schema.ts";
import { isTokenValid } from "./sources/valid.ts";
import type { Stores } from "./state/stores.ts";

/** The log of the provisioning, as `ai-dock logs provisioning` shows it. */
const REST = `${LOG_DIRECTORY}/provisioning.log`;
const DOWNLOADS = 4;
const REPOSITORIES = 4;

export interface RunContextOptions {
  env: Record<string, string>;
  manifest: Manifest;
  signal: AbortSignal;
  stores: Stores;
  /** Who runs commands, where not we; see PROVISIONING_USER. */
  user: Account | undefined;
  /** The log of what commands leave in the background; tests have their own. */
  rest?: string | undefined;
  /** Writes a line about an item. */
  say(line: string): void;
}

/** Gives each item what it works with; all share limits and records. */
export function contexts(options: RunContextOptions): (item: Item) => Omit<ItemContext, "onProgress"> {
  const { env, manifest, signal, stores, user, rest = REST } = options;
  const ownerOf = ownerFor(user, env);
  const settings = manifest.settings ?? {};
  const lanes = new Lanes((lane) => widthOf(lane, settings));
  const trust = { uids: trustedUids(env) };
  return ({ id }) => {
    const log = itemLog(id, (line) => options.say(line));
    return {
      env,
      settings,
      auth: manifest.auth,
      signal,
      trust,
      user,
      ownerOf,
      stores,
      lanes,
      log,
      run: async (command, { env: more, as, ...others } = {}) =>
        runCommand([...(as?.prefix ?? []), ...command], {
          ...others,
          env: { ...(as?.isClean === true ? {} : env), ...as?.env, ...more },
          signal,
          log,
          rest,
        }),
    };
  };
}

/** What conditions look at; a token is asked about once. */
export function facts(env: Record<string, string>, signal: AbortSignal): Facts {
  const known = new Map<string, Promise<boolean>>();
  return {
    env,
    isTokenValid: async (of) => {
      const answer = known.get(of) ?? isTokenValid(of, env, signal);
      known.set(of, answer);
      // What was not to be learned is asked again at the next try.
      answer.catch(() => known.delete(of));
      return answer;
    },
  };
}

function widthOf(lane: string, { concurrency }: NonNullable<Manifest["settings"]>): number {
  if (lane === "git") return concurrency?.git ?? REPOSITORIES;
  if (lane !== "download") return 1;
  // vast.ai has a pool for each kind of host.
  const { downloads, hf_downloads: hub, wget_downloads: others } = concurrency ?? {};
  if (downloads !== undefined) return downloads;
  return hub === undefined && others === undefined ? DOWNLOADS : Math.max(hub ?? 0, others ?? 0);
}

function itemLog(id: string, say: (line: string) => void): ItemContext["log"] {
  const debug = logger(id);
  const write = (line: string) => say(`${id}: ${line}`);
  return { debug: (message) => debug.debug(message), info: write, warn: write, error: write };
}
