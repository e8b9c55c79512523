import type { ProgramSpec } from "../../programs/spec.ts";
import { withFewerOpenFiles } from "../../sys/open-files.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { makeWebDirectory, stateDirectory } from "./directories.ts";
import { portalControlSocket, portalDirectory, portalHttpSocket, portalState } from "./paths.ts";
import { asWebUser, caddyUser, portalUser, whyNoUsers } from "./users.ts";
import { untilUp, webProgram } from "./web-program.ts";

/** Before Caddy, which is closed without it. */
const PRIORITY = 400;

/** In milliseconds. */
const LOOKS = { first: 20, longest: 1000 };

/** Connections of Caddy, and as many to PID 1 and to logs. */
const MOST_OPEN_FILES = 4096;

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
  return webProgram("portal", skipped, {
    // As images of the ai-dock family call theirs.
    aliases: ["serviceportal"],
    command: [
      ...withFewerOpenFiles(MOST_OPEN_FILES),
      ...asWebUser(portalUser()),
      process.execPath,
      "portal",
      ...paths,
    ],
    environment: {
      PATH: DEFAULT_PATH,
      HOME: "/nonexistent",
      LANG: "C.UTF-8",
      ...(TZ === undefined ? {} : { TZ }),
    },
    priority: PRIORITY,
    observe({ over, ready }) {
      void untilUp(over, () => isUp(over), LOOKS).then(() => ready(true));
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
  });
}

function isUp(over: AbortSignal): Promise<boolean> {
  return fetch("http://portal/.ai-dock/health", { unix: portalHttpSocket(), signal: over }).then(
    ({ ok }) => ok,
    () => false,
  );
}
