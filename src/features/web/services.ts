import type { Service } from "../../control/service.ts";
import type { Program } from "../../supervisor/program.ts";
import { linksOf } from "./links.ts";
import type { Guarded } from "./guard.ts";
import type { WebSettings } from "./settings.ts";

export interface ServicesInput {
  guarded: readonly Guarded[];
  settings: WebSettings;
  env: Record<string, string>;
  programs: Program[];
  listening: ReadonlySet<number>;
  /** Addresses of the named tunnel by the port that they lead to. */
  named: ReadonlyMap<number, string[]>;
}

/** The registry as the portal and commands get it. */
export function describeServices(input: ServicesInput): Service[] {
  const { guarded, settings, env, programs, listening, named } = input;
  return guarded.map(({ entry, decision }) => {
    const { port, name, kind, appHost, path, sources, url } = entry;
    const program = programs.find(({ id }) => id === entry.program);
    const quick = programs.find(({ id }) => id === `quicktunnel:${port}`)?.facts["url"];
    const isPortal = kind === "portal";
    const isThere = isPortal || appHost !== "127.0.0.1" || listening.has(decision.appPort);
    return {
      port,
      name,
      kind,
      appHost,
      appPort: decision.appPort,
      path,
      auth: decision.guarded && settings.login && !settings.exclude.has(port),
      guarded: decision.guarded,
      program: entry.program,
      ready: isThere && (program?.ready ?? true),
      reason: decision.reason ?? waitsFor(program, isThere, decision.appPort),
      links: linksOf({
        env,
        port,
        path,
        https: settings.https && decision.guarded,
        domain: settings.domain,
        own: url,
        quick: typeof quick === "string" ? quick : undefined,
        named: named.get(port) ?? [],
      }),
      sources,
    };
  });
}

function waitsFor(program: Program | undefined, isThere: boolean, port: number): string | null {
  if (program !== undefined && (program.isDown || !program.ready))
    return `${program.id} is ${program.state}${program.reason === null ? "" : `: ${program.reason}`}`;
  return isThere ? null : `nothing listens on port ${port} so far`;
}
