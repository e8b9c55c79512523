/** What is measured; tini is the least that a container can run as process 1, and supervises nothing. */
export const peers = ["ai-dock", "supervisord", "s6", "dinit", "tini"] as const;
export type Peer = (typeof peers)[number];
export type Supervisor = Exclude<Peer, "tini">;

export const supervisors = ["ai-dock", "supervisord", "s6", "dinit"] as const satisfies Supervisor[];

/** Those that write and rotate log files. dinit lets the program itself write to its file, which nobody rotates. */
export const loggers = ["ai-dock", "supervisord", "s6"] as const satisfies Supervisor[];

export const peersImage = process.env["AI_DOCK_PEERS_IMAGE"] ?? "ai-dock:test-peers";

/** How each one stops all its programs, by its own means. */
export const stopAll: Record<Supervisor, string[]> = {
  "ai-dock": ["ai-dock", "stop", "all"],
  supervisord: ["/usr/bin/supervisorctl", "stop", "all"],
  s6: ["sh", "-c", "for service in /run/service/*; do s6-svc -d $service; done"],
  dinit: ["dinitctl", "stop", "programs"],
};

/** How each one tells the state of its programs. */
export const status: Record<Supervisor, string[]> = {
  "ai-dock": ["ai-dock", "status"],
  supervisord: ["/usr/bin/supervisorctl", "status"],
  s6: ["s6-svstat", "/run/service/p0"],
  dinit: ["dinitctl", "list"],
};

/** How the end of a program's log is shown. s6 has no command for that. */
export const tail: Record<"ai-dock" | "supervisord", string[]> = {
  "ai-dock": ["ai-dock", "logs", "-n", "10", "p:p0000"],
  supervisord: ["/usr/bin/supervisorctl", "tail", "p:p0000"],
};
