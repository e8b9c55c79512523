import { chownSync } from "node:fs";
import { AiDockError, errnoOf } from "../../errors.ts";
import { asUser } from "../../sys/as-user.ts";
import { DirectoryHandle } from "../../sys/directory-handle.ts";
import { isRoot } from "../../sys/users.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { accountOf } from "../account/account.ts";
import type { BootContext, Step, StepResult } from "../step.ts";
import { mappingsObstacle } from "./mappings.ts";
import { MAPPINGS } from "./paths.ts";

const NAME = "storage";
const FOLDER_MODE = 0o775;

/** Links what is in the storage already into apps, before any program looks. Throws AiDockError where that fails. */
export async function linkStorage(context: BootContext, path = MAPPINGS): Promise<StepResult | undefined> {
  const { env, log } = context;
  const obstacle = mappingsObstacle(path);
  if (obstacle === "missing") return undefined;
  if (obstacle !== undefined) {
    log.warn(`${obstacle.reason}; no file of the storage is linked`);
    return undefined;
  }
  const { WORKSPACE: workspace = "" } = env;
  const account = accountOf(env);
  makeStorage(workspace, account);
  const words = [process.execPath, "storagemonitor", "--once", `--workspace=${workspace}`];
  const { code } = await context.runLogged({
    name: "storagemonitor",
    command: [...asUser(account?.name), ...words],
    env: { PATH: DEFAULT_PATH, LANG: "C.UTF-8" },
  });
  if (context.signal.aborted) return undefined;
  if (code !== 0)
    throw new AiDockError("Storage: expected links in the apps, got none; ai-dock logs storagemonitor");
  return {
    message: "Files of the storage are linked into the apps",
    fields: { user: account?.name ?? "root" },
  };
}

/** A new folder belongs to the account. One that is there is somebody's. */
function makeStorage(path: string, account: { uid: number; gid: number } | undefined): void {
  try {
    using workspace = DirectoryHandle.open(path);
    if (workspace.entry("storage") !== undefined) return;
    using storage = workspace.enter("storage", FOLDER_MODE);
    // The owner of the workspace may have put another directory of root's in its place.
    const isNew = storage.stat().uid === process.geteuid?.() && storage.listNow().length === 0;
    if (account !== undefined && isRoot() && isNew) chownSync(storage.path, account.uid, account.gid);
  } catch (error) {
    throw new AiDockError(`"${path}storage" cannot be made (${errnoOf(error)}); no links are made`, {
      cause: error,
    });
  }
}

export const storageStep: Step = {
  name: NAME,
  run: async (context) => linkStorage(context),
  withoutWorkspace: () => undefined,
};

/** The same for what provisioning has brought: some apps look for models once, at their start. */
export const laterStorageStep: Step = {
  name: NAME,
  async run(context) {
    await linkStorage(context);
    return undefined;
  },
  withoutWorkspace: () => undefined,
};
