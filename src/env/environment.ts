import { type LoadedEnvironment, readSettings, type Source, type VariableProblem } from "./load.ts";
import { createRedactor, isSecret, REDACTED, redactUrls } from "./redact.ts";
import { type Settings, schema } from "./schema.ts";

/** Settings that boot steps use before the first script runs. */
const EARLY = [
  "SSH_PUBKEY",
  "PUBLIC_KEY",
  "SSH_PUBLIC_KEY",
  "GPU_COUNT",
  "AI_DOCK_THREADS",
  "WORKSPACE",
  "SKIP_ACL",
  "USER_NAME",
  "USER_GROUPS",
  "USER_PASSWORD",
  "OPT_SYNC",
  "AI_DOCK_EARLY",
  "VAST_NO_TMUX",
  "DEBUG",
  "AI_DOCK_LOG_FORMAT",
] as const satisfies (keyof Settings)[];

/** What paths are made from, and what programs run as: whatever a script says, it stays as the boot has found it. */
const KEPT = new Set(["WORKSPACE", "USER_NAME"]);

/**
 * The environment that programs, hooks and shells get, and the settings in it. Boot steps, scripts and `ai-dock provision`
 * add to `env` while the container runs, so that settings are always read from what `env` holds at that moment.
 */
export class Environment {
  readonly env: Record<string, string>;
  /** Where each variable came from; what a boot step or a script has set has no source. */
  readonly sources: Record<string, Source>;
  /** Problems of the start that nobody has taken yet. */
  #problems: string[];
  readonly #told = new Set<string>();
  #last: { values: string; read: ReturnType<typeof readSettings> } | undefined;
  #early: Record<string, string | undefined> | undefined;

  constructor({ env, sources, problems }: Pick<LoadedEnvironment, "env" | "sources" | "problems">) {
    this.env = env;
    this.sources = sources;
    this.#problems = messagesOf(problems);
  }

  /** Sets and unsets variables; others stay as they are. */
  change({ set, unset }: { set: Record<string, string>; unset: string[] }): void {
    for (const name of unset) delete this.env[name];
    Object.assign(this.env, set);
  }

  /** The settings in `env` as of now. */
  get settings(): Settings {
    return this.#read().settings;
  }

  /** A function that hides the secrets in `env`, as of now, in a text. */
  get redactor(): (text: string) => string {
    return createRedactor(this.env);
  }

  /** Takes the lines about wrong settings that were not taken before. */
  takeProblems(): string[] {
    // First, as lateChanges() restores WORKSPACE.
    const late = this.#lateChanges();
    const found = [...this.#problems, ...messagesOf(this.#read().problems), ...late];
    this.#problems = [];
    const fresh = found.filter((line) => !this.#told.has(line));
    for (const line of fresh) this.#told.add(line);
    return [...new Set(fresh)];
  }

  /** Marks the start of the scripts: changes of early settings are problems from now on. */
  settleEarly(): void {
    this.#early = Object.fromEntries(EARLY.map((name) => [name, this.env[name]]));
  }

  /** Reads the settings again only where a value differs: steps and events ask often. */
  #read(): ReturnType<typeof readSettings> {
    const values = JSON.stringify(Object.keys(schema).map((name) => this.env[name]));
    if (values !== this.#last?.values) this.#last = { values, read: readSettings(this.env) };
    return this.#last.read;
  }

  /** A line for each early setting that a script has changed. Restores those that later steps go on from. */
  #lateChanges(): string[] {
    if (this.#early === undefined) return [];
    const before = this.#early;
    return EARLY.filter((name) => this.env[name] !== before[name]).map((name) => {
      const value = this.env[name];
      const shown = value === undefined ? "none" : show(name, value);
      const used = before[name];
      const isKept = KEPT.has(name) && used !== undefined;
      if (isKept) this.env[name] = used;
      else before[name] = value;
      const consequence = isKept ? `using ${used}` : "this boot has used the old value";
      return `${name}: expected a value before the first script of the boot, got ${shown} from a script; ${consequence}`;
    });
  }
}

const messagesOf = (problems: VariableProblem[]) => problems.map(({ message }) => message);

function show(name: string, value: string): string {
  return isSecret(name, value) ? REDACTED : redactUrls(JSON.stringify(value));
}
