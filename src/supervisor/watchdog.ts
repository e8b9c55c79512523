import type { FactValue } from "../programs/spec.ts";
import type { SupervisorContext } from "./context.ts";
import type { Liveness, LivenessOwner } from "./liveness/liveness.ts";
import type { Run } from "./run.ts";

/** The checks of one program; what makes them is loaded by the first process that there is to check. */
export class Watchdog {
  readonly #owner: LivenessOwner;
  readonly #context: SupervisorContext;
  #liveness: Liveness | undefined;
  /** The process that is to be checked. */
  #run: Run | undefined;

  constructor(owner: LivenessOwner, context: SupervisorContext) {
    this.#owner = owner;
    this.#context = context;
  }

  /** Checks a process as the program's definition says now; undefined: none, as while the program is being stopped. */
  follow(run: Run | undefined): void {
    this.#run = run;
    if (this.#liveness === undefined && run !== undefined) void this.#load();
    else this.#liveness?.follow(run, this.#owner.spec.alive);
  }

  /** Someone has sent a signal to the program, by name. */
  signalled(name: string): void {
    this.#liveness?.signalled(name);
  }

  /** How the process fares by its checks, in words. */
  get note(): string | null {
    return this.#liveness?.findings.note ?? null;
  }

  get facts(): Record<string, FactValue> | undefined {
    return this.#liveness?.findings.facts;
  }

  async #load(): Promise<void> {
    const module = await import("./liveness/liveness.ts");
    this.#liveness ??= new module.Liveness(this.#owner, this.#context);
    this.follow(this.#run);
  }
}
