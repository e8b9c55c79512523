/** A supervisor that is measured. */
export type Peer = "ai-dock" | "supervisord" | "s6" | "tini";

export const peersImage = process.env["AI_DOCK_PEERS_IMAGE"] ?? "ai-dock:test-peers";

/** How each one stops all its programs, by its own means. */
export const stopAll: Record<Exclude<Peer, "tini">, string[]> = {
  "ai-dock": ["ai-dock", "stop", "all"],
  supervisord: ["/usr/bin/supervisorctl", "stop", "all"],
  s6: ["sh", "-c", "for service in /run/service/*; do s6-svc -d $service; done"],
};

/** How each one tells the state of its programs. */
export const status: Record<Exclude<Peer, "tini">, string[]> = {
  "ai-dock": ["ai-dock", "status"],
  supervisord: ["/usr/bin/supervisorctl", "status"],
  s6: ["s6-svstat", "/run/service/p0"],
};
