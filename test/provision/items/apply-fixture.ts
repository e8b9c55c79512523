import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { apply } from "../../../src/provision/apply.ts";
import { describeProblem, prepare } from "../../../src/provision/prepare.ts";
import type { Account } from "../../../src/sys/users.ts";
import type { ProvisioningState } from "../../../src/provision/progress/file.ts";

/** A container of its own: a volume, records, and an environment. */
export class Container {
  readonly folder = mkdtempSync(join(tmpdir(), "provision-"));
  /** What was said. */
  readonly lines: string[] = [];
  readonly env: Record<string, string>;
  /** See PROVISIONING_USER. */
  user: Account | undefined;
  #records = "records";

  constructor(env: Record<string, string> = {}) {
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.folder,
      WORKSPACE: `${this.folder}/volume/`,
      PROVISIONER_RETRY_MAX: "0",
      ...env,
    };
    mkdirSync(`${this.folder}/volume`);
  }

  get volume(): string {
    return `${this.folder}/volume`;
  }

  /** The log of what commands leave in the background. */
  get rest(): string {
    return `${this.folder}/rest.log`;
  }

  /** A new container on the same volume. */
  replace(): void {
    this.#records += "-new";
  }

  /** Applies a manifest and gives the state of each item, and its reason. */
  async apply(manifest: object | string, abort = new AbortController()): Promise<Record<string, string>> {
    const given = typeof manifest === "string" ? manifest : JSON.stringify({ version: 1, ...manifest });
    const prepared = await prepare(this.env, given, abort.signal);
    if (prepared.problems.length > 0) throw new Error(prepared.problems.map(describeProblem).join("\n"));
    const { items } = await apply(prepared, {
      env: this.env,
      signal: abort.signal,
      say: (line) => this.lines.push(line),
      isComplete: true,
      user: this.user,
      places: { records: `${this.folder}/${this.#records}`, state: this.#statePath, rest: this.rest },
    });
    return Object.fromEntries(
      items.map(({ name, state, reason }) => [name, reason === undefined ? state : `${state}: ${reason}`]),
    );
  }

  /** What others are shown. */
  get state(): ProvisioningState {
    return JSON.parse(readFileSync(this.#statePath, "utf8")) as ProvisioningState;
  }

  get #statePath(): string {
    return `${this.folder}/provisioning.json`;
  }
}
