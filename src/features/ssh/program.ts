import { logFile, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { loginReader } from "./logins.ts";
import { mendConfig, prepareSshd, renewConfig, SSHD, sshdConfigPath } from "./prepare.ts";

/** How sshd ends when it refuses to start, among other reasons. */
const FATAL = 255;

/** The ssh server: keys only, on SSH_PORT, started when there is at least one valid key. */
export function sshdProgram(port: number, env: Record<string, string>): ProgramSpec {
  return {
    ...programDefaults,
    name: "sshd",
    group: "sshd",
    aliases: [],
    environment: { PATH: DEFAULT_PATH },
    // Sessions get the environment from SetEnv; the environment of the server itself shows nothing.
    onlyEnvironment: true,
    exitcodes: [0],
    // sshd re-executes itself by this path, which must be absolute.
    command: [SSHD, "-D", "-e", "-f", sshdConfigPath()],
    autorestart: true,
    priority: 200,
    dependsOn: [],
    // Sessions outlive the server: a restart disconnects nobody.
    killMode: "process",
    stdout: logFile("sshd"),
    stderr: "stdout",
    // Logged right after listen(2). A tcp probe would fill the log with failed connections.
    ready: { kind: "log", pattern: /^Server listening on / },
    prepare: () => prepareSshd({ port, env }),
    // By SIGHUP sshd reads its configuration again, in the same process; sessions that are open stay as they are.
    refresh: async () => ((await renewConfig({ port, env })) ? "HUP" : undefined),
    observe: () => ({
      onOutput: loginReader(),
      async explain({ code }) {
        if (code !== FATAL) return undefined;
        const reason = await mendConfig({ port, env });
        return reason === undefined ? undefined : { reason, fatal: true };
      },
    }),
    origin: { kind: "builtin" },
  };
}
