import type { RunCommand } from "./command-options.ts";
import type { Logger } from "../../log.ts";
import type { Account } from "../../sys/users.ts";
import type { DownloadProgress } from "../download/progress.ts";
import type { Lanes } from "../graph/lanes.ts";
import type { Item, Kind } from "../graph/item.ts";
import type { Success } from "../graph/outcome.ts";
import type { Trust } from "../manifest/trust.ts";
import type { Manifest } from "../manifest/schema.ts";
import type { OwnerOf } from "../ownership.ts";
import type { Stores } from "../state/stores.ts";

/** What the work on an item has to work with. */
export interface ItemContext {
  readonly env: Record<string, string>;
  readonly settings: NonNullable<Manifest["settings"]>;
  readonly auth: Manifest["auth"];
  readonly signal: AbortSignal;
  /** Whose files decide what root installs. */
  readonly trust: Trust;
  /** Who runs commands and owns what they make, where not we; see PROVISIONING_USER. */
  readonly user: Account | undefined;
  /** Whose new files and directories are. */
  readonly ownerOf: OwnerOf;
  readonly stores: Stores;
  /** Limits by lane: `download`, `git`, `apt`, `command`, and `env:PATH` for environments of Python. */
  readonly lanes: Lanes;
  /** Lines of this item. */
  readonly log: Logger;
  onProgress(progress: DownloadProgress): void;
  /** Runs a command in a process group of its own, which an abort ends; output is logged as that of the item. */
  run: RunCommand;
}

/** Does the work of an item. Throws an error whose message is for users: FinalError where another try is of no use. */
export type Perform<Of extends Kind> = (
  item: Extract<Item, { kind: Of }>,
  context: ItemContext,
) => Promise<Success>;

/** What would be done, for `plan`. */
export interface Plan {
  /** `unchanged`: there already. */
  action: "do" | "unchanged" | "unknown";
  /** Bytes to download, where known. */
  bytes?: number;
  detail?: string;
}

/** Looks at what there is, and changes nothing. */
export type Planner<Of extends Kind> = (
  item: Extract<Item, { kind: Of }>,
  context: ItemContext,
) => Promise<Plan>;
