import { logFile, MEGABYTE, type Observed, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { makeWebDirectory, stateDirectory } from "./directories.ts";
import { portalControlSocket, portalDirectory, portalHttpSocket, portalState } from "./paths.ts";
import { asWebUser, caddyUser, portalUser, whyNoUsers } from "./users.ts";

/** Before Caddy, which is closed without it. */
const PRIORITY = 400;

const FIRST_LOOK_MILLISECONDS = 20;
const LONGEST_LOOK_MILLISECONDS = 1000;

const SETGID_DIRECTORY = 0o2750;

/** The portal: this executable, as a user of its own. What it needs to know it gets over its control socket. */
export function portalProgram(
  env: Record<string, string>,
  openControl: () => Promise<void>,
  skipped?: string,
): ProgramSpec {
  const { TZ } = env;
  const paths = [
    `--listen=${portalHttpSocket()}`,
    `--control=${portalControlSocket()}`,
    `--state=${portalState()}`,
  ];
  return {
    ...programDefaults,
    name: "portal",
    group: "portal",
    aliases: [],
    command: [...asWebUser(portalUser()), process.execPath, "portal", ...paths],
    onlyEnvironment: true,
    environment: {
      PATH: DEFAULT_PATH,
      HOME: "/nonexistent",
      LANG: "C.UTF-8",
      ...(TZ === undefined ? {} : { TZ }),
    },
    exitcodes: [],
    dependsOn: [],
    autorestart: true,
    startsecs: 0,
    startretries: 10,
    priority: PRIORITY,
    stopwaitsecs: 5,
    stdout: { ...logFile("portal"), maxBytes: 10 * MEGABYTE, backups: 1 },
    stderr: "stdout",
    containerLimit: { burstBytes: MEGABYTE, bytesPerSecond: 16 * 1024 },
    ready: { kind: "observed" },
    observe(observed) {
      void watchPortal(observed);
      return {};
    },
    prepare: async () => {
      const refusal = whyNoUsers();
      if (refusal !== undefined) return refusal;
      // What the portal makes in it belongs to Caddy's group: Caddy may connect, and nobody else.
      makeWebDirectory(portalDirectory(), SETGID_DIRECTORY, { uid: portalUser().uid, gid: caddyUser().gid });
      stateDirectory(portalState(), portalUser());
      await openControl();
      return undefined;
    },
    ...(skipped === undefined ? {} : { skipped }),
    origin: { kind: "builtin" },
  };
}

async function watchPortal({ over, ready }: Observed): Promise<void> {
  for (
    let wait = FIRST_LOOK_MILLISECONDS;
    !over.aborted;
    wait = Math.min(wait * 1.5, LONGEST_LOOK_MILLISECONDS)
  ) {
    const isUp = await fetch("http://portal/.ai-dock/health", {
      unix: portalHttpSocket(),
      signal: over,
    }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return ready(true);
    await Bun.sleep(wait);
  }
}
