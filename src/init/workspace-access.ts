import type { Environment } from "../env/environment.ts";
import { workspaceFolders, workspaceOf } from "../env/workspace.ts";
import { HOMES } from "../features/account/account.ts";
import type { Step } from "../features/step.ts";
import { LOG_DIRECTORY } from "../programs/spec.ts";
import type { Notices } from "../supervisor/notices.ts";
import { networkMountsOf } from "../sys/mounts.ts";

export interface AccessOptions {
  environment: Environment;
  notices: Notices;
  /** All of the boot, in order. */
  steps: Step[];
  /** Aborted when the container stops. */
  signal: AbortSignal;
}

/** Whether the boot may touch the workspace, which may be on a server that hangs. */
export class WorkspaceAccess {
  readonly #options: AccessOptions;
  #isOpen = true;
  /** What else may be on such a server, which is asked for once. */
  #others: string[] | undefined;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Asks each time, as servers begin to hang at any time; an ordinary volume costs nothing. False for good once it was. */
  async isOpenFor(step: Step): Promise<boolean> {
    const { environment, signal, steps } = this.#options;
    const { env, settings } = environment;
    if (!this.#isOpen) return false;
    const synced = settings.OPT_SYNC.map((name) => `${workspaceOf(env)}${name}`);
    const own = [...workspaceFolders(env), ...synced];
    const others = this.#others ?? [LOG_DIRECTORY, HOMES, ...(env["PATH"] ?? "").split(":")];
    this.#others = [];
    const paths = [...own, ...others].filter((path) => path.startsWith("/"));
    if (paths.every((path) => networkMountsOf(path).length === 0)) return true;
    const { askPaths } = await import("./silent-workspace.ts");
    const later = steps.slice(steps.indexOf(step)).filter((one) => one.withoutWorkspace !== undefined);
    const leftOut = [...new Set(later.map(({ name }) => name))];
    this.#isOpen = await askPaths({ own, paths, leftOut, notices: this.#options.notices, signal });
    return this.#isOpen;
  }
}
