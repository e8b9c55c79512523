/** A way to have sshd in a container: what `docker create` gets after its options. */
export interface Candidate {
  name: string;
  create: string[];
}

const image = process.env["AI_DOCK_BENCH_IMAGE"] ?? "ai-dock:test";

const generateAndServe = "mkdir -p /run/sshd && ssh-keygen -A >/dev/null && exec /usr/sbin/sshd -D -e";

/** The same image, keys and sshd for each; only the init differs. */
export function candidates(publicKey: string): Candidate[] {
  return [
    { name: "ai-dock", create: ["-e", `SSH_PUBKEY=${publicKey}`, image] },
    // tini as Docker ships it, with the least that serves ssh.
    { name: "tini", create: ["--init", "--entrypoint", "/bin/sh", image, "-c", generateAndServe] },
  ];
}
