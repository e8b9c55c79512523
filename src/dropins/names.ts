import { dirname } from "node:path";
import type { SourceLocation } from "../programs/problem.ts";
import type { Names } from "./python/expand.ts";

/** What every section of one load shares. */
export interface Surroundings {
  hostName: string;
  /** Replaces the folder of the file in `%(here)s`. */
  here: string | undefined;
  /** The boot environment, for `%(ENV_X)s`. */
  env: Record<string, string>;
  /** `[supervisord] environment=`. */
  shared: Record<string, string>;
}

/** The references that mean something everywhere in a section. */
export function commonNames(place: SourceLocation, { hostName, here, env, shared }: Surroundings): Names {
  return {
    values: { here: here ?? dirname(place.file), host_node_name: hostName },
    environments: [shared, env],
  };
}

/** The same references and more; `environment` wins over the others. */
export function withNames(
  names: Names,
  values: Names["values"],
  environment: Record<string, string> = {},
): Names {
  return { values: { ...names.values, ...values }, environments: [environment, ...names.environments] };
}
