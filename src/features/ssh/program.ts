import { logFile, programDefaults, type ProgramSpec } from "../../programs/spec.ts";
import { DEFAULT_PATH } from "../../sys/which.ts";
import { prepareSshd, SSHD, sshdConfigPath } from "./prepare.ts";

/** The ssh server: keys only, on SSH_PORT, started when there is at least one valid key. */
export function sshdProgram(port: number, env: Record<string, string>): ProgramSpec {
  return {
    ...programDefaults,
    name: "sshd",
    group: "sshd",
    aliases: [],
    environment: { PATH: DEFAULT_PATH },
    // Sessions get theirs from SetEnv; nothing of it is to be read from the server's own.
    onlyEnvironment: true,
    exitcodes: [0],
    // sshd calls itself again by its path, which must be absolute.
    command: [SSHD, "-D", "-e", "-f", sshdConfigPath()],
    autorestart: true,
    priority: 200,
    dependsOn: [],
    // Sessions outlive the server, so that a restart does not throw users out.
    killMode: "process",
    stdout: logFile("sshd"),
    stderr: "stdout",
    // sshd says so right after listen(2), and then serves its banner; a probe would only fill its log.
    ready: { kind: "log", pattern: /^Server listening on / },
    prepare: () => prepareSshd({ port, env }),
    origin: { kind: "builtin" },
  };
}
