import { readSettings } from "../env/load.ts";
import { messageOf } from "../errors.ts";
import { reportUnknownEarly } from "./early.ts";
import { applyCopies } from "./log-copies.ts";
import { namedTunnelProgram } from "./tunnels/program.ts";
import { withheldVariables } from "../env/rclone.ts";
import { PREFIX as ITEM_PREFIX } from "./provisioned.ts";
import { wantsManifest } from "./provisioning/manifest.ts";
import { remotePrograms } from "./remotes/program.ts";
import { type FrontHooks, webPrograms } from "./web/programs.ts";
import { switchedOff } from "./switched-off.ts";
import { storageProgram } from "./storage/program.ts";
import { sshdProgram } from "./ssh/program.ts";
import { findCycles } from "../programs/cycles.ts";
import { loadPrograms } from "../dropins/load.ts";
import { nameIndex, programId } from "../programs/names.ts";
import { type Diagnostic, problemOf, type SourceLocation } from "../programs/problem.ts";
import type { ProgramSpec } from "../programs/spec.ts";
import type { Reading } from "../supervisor/configuration.ts";

export interface CollectOptions {
  /** The environment of now, with what hooks and provisioning have exported. */
  env: Record<string, string>;
  /** These drop-ins instead of the installed ones. */
  files?: string[];
  /** Aborted when the container stops: remotes are then not listed. */
  signal?: AbortSignal;
  /** The front of the web services, where this is the process that runs it. */
  front?: FrontHooks;
}

type Skip = [ProgramSpec, string];
type Report = (diagnostic: Diagnostic) => void;

/** Resolves to the specs of all programs, built-ins first. A drop-in replaces the built-in of the same name. */
export async function collectPrograms({ env, files, signal, front }: CollectOptions): Promise<Reading> {
  const { settings } = readSettings(env);
  const loaded = loadDropIns(env, files);
  const { problems } = loaded;
  const report: Report = (diagnostic) => problems.push(problemOf(diagnostic));
  const replaced = new Set(loaded.programs.flatMap((spec) => [programId(spec), spec.group]));
  const isReplaced = (spec: ProgramSpec) => replaced.has(programId(spec)) || replaced.has(spec.group);
  // A failure here must not keep sshd from starting.
  const remotes = await remotePrograms(env, signal).catch((error: unknown) => ({
    programs: [],
    problems: [`Remotes: ${messageOf(error)}; none is mounted`],
  }));
  for (const text of remotes.problems) report({ severity: "error", text });
  if (remotes.programs.some(({ skipped }) => skipped === undefined))
    for (const text of withheldVariables(env)) report({ severity: "warning", text });
  const builtins = [
    sshdProgram(settings.SSH_PORT, env),
    namedTunnelProgram(settings.CF_TUNNEL_TOKEN, env),
    ...remotes.programs,
    storageProgram(env),
    ...webPrograms(env, loaded.programs, front),
  ].filter((spec) => !isReplaced(spec));
  const all = applyCopies([...builtins, ...loaded.programs], settings.AI_DOCK_LOG_CONTAINER, report);
  reportUnknownDependencies(all, env, report);
  reportUnknownEarly(all, settings.AI_DOCK_EARLY, report);
  return { programs: skip(all, [...cyclic(all, report), ...switchedOff(all, settings, report)]), problems };
}

/** A bug in the parser costs the drop-ins, not sshd. */
function loadDropIns(env: Record<string, string>, files: string[] | undefined): Reading {
  try {
    return loadPrograms({ env, ...(files === undefined ? {} : { files }) });
  } catch (error) {
    const text = `Drop-ins: cannot be read (${messageOf(error)}); none of them is started`;
    return { programs: [], problems: [problemOf({ severity: "error", text })] };
  }
}

function skip(specs: ProgramSpec[], skips: Skip[]): ProgramSpec[] {
  const reasons = new Map(skips);
  return specs.map((spec) => {
    const skipped = reasons.get(spec);
    return skipped === undefined ? spec : { ...spec, skipped };
  });
}

function cyclic(specs: ProgramSpec[], report: Report): Skip[] {
  return findCycles(specs).flatMap((cycle) => {
    const names = cycle.map((spec) => programId(spec)).join(" → ");
    const about = { severity: "error", ...locationOf(cycle[0]), key: "depends_on" } as const;
    report({ ...about, expected: "an order", got: `a cycle ${names}`, text: "none of them is started" });
    return cycle.map((spec): Skip => [spec, `depends on itself: ${names}`]);
  });
}

/**
 * Warns about names in `depends_on` that match no program; the supervisor does not wait for them. What items there are is
 * known once a manifest has been read.
 */
function reportUnknownDependencies(specs: ProgramSpec[], env: Record<string, string>, report: Report): void {
  const named = nameIndex(specs);
  const hasItems = wantsManifest(env);
  const isKnown = (name: string) => named(name).length > 0 || (hasItems && name.startsWith(ITEM_PREFIX));
  for (const spec of specs) {
    const { dependsOn, origin } = spec;
    if (dependsOn.length === 0 || origin.kind !== "file") continue;
    for (const name of dependsOn.filter((dependency) => !isKnown(dependency))) {
      const about = { severity: "warning", ...locationOf(spec), key: "depends_on", value: name } as const;
      report({ ...about, expected: "a name of a program", text: "it is not waited for" });
    }
  }
}

/** Where a drop-in defines a program; nothing for a built-in. */
function locationOf(spec: ProgramSpec | undefined): Partial<SourceLocation> & { section?: string } {
  if (spec?.origin.kind !== "file") return {};
  const { file, line, section } = spec.origin;
  return { file, line, section };
}
