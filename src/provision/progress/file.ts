import { readFileSync } from "node:fs";
import { errnoOf } from "../../errors.ts";
import { ensureDirectory, writeFileAtomic } from "../../sys/fs.ts";
import { runtimePath } from "../../sys/runtime-directory.ts";
import type { Item } from "../graph/item.ts";
import type { ItemReport } from "../graph/outcome.ts";

/** The state of a provisioning, for `status`, the portal, and programs that wait for items. */
export interface ProvisioningState {
  /** Milliseconds since the epoch. */
  at: number;
  isRunning: boolean;
  sources: string[];
  items: ItemLine[];
}

export interface ItemLine {
  name: string;
  kind: string;
  label: string;
  state: ItemReport["state"];
  optional: boolean;
  received?: number;
  total?: number;
  /** Bytes a second. */
  rate?: number;
  detail?: string;
  reason?: string;
}

/** Written by root, for root's processes to read. */
export const stateFile = () => runtimePath("provisioning.json");

/** One item as others see it. */
export function lineOf(
  { id, kind, label, optional }: Item,
  report: ItemReport,
  rate: number | undefined,
): ItemLine {
  const { state, progress, detail, reason } = report;
  return {
    name: id,
    kind,
    label,
    state,
    optional,
    ...(progress === undefined ? {} : { received: progress.received }),
    ...(progress?.total === undefined ? {} : { total: progress.total }),
    ...(rate === undefined || state !== "running" ? {} : { rate: Math.round(rate) }),
    ...(detail === undefined ? {} : { detail }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** The state that the last provisioning has left; undefined where there was none, or this user may not read it. */
export function readState(path = stateFile()): ProvisioningState | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ProvisioningState;
  } catch {
    return undefined;
  }
}

/** Writes the state; what cannot be written is not shown. */
export function writeState(state: ProvisioningState, path = stateFile()): void {
  try {
    ensureDirectory(path.slice(0, path.lastIndexOf("/")));
    writeFileAtomic(path, `${JSON.stringify(state)}\n`, 0o600);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
