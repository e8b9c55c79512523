import { dirname } from "node:path";
import type { SourceLocation } from "../programs/problem.ts";
import type { Variables } from "./python/percent.ts";

/** What `%` references of every section can refer to. */
export interface ExpansionContext {
  hostName: string;
  /** Overrides the file's directory in `%(here)s`. */
  here: string | undefined;
  /** The boot environment, for `%(ENV_X)s`. */
  env: Record<string, string>;
  /** `[supervisord] environment=`. */
  shared: Record<string, string>;
}

/** Variables for every key of a section. */
export function commonVariables(
  place: SourceLocation,
  { hostName, here, env, shared }: ExpansionContext,
): Variables {
  return {
    values: { here: here ?? dirname(place.file), host_node_name: hostName },
    environments: [shared, env],
  };
}

/** Adds variables; `environment` is looked up first. */
export function withVariables(
  names: Variables,
  values: Variables["values"],
  environment: Record<string, string> = {},
): Variables {
  return { values: { ...names.values, ...values }, environments: [environment, ...names.environments] };
}
