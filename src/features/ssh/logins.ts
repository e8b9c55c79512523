/** A login that our sshd has accepted, as its log names it. */
interface Login {
  address: string;
  port: number;
}

/** sshd escapes control characters in names of users, so that none of these can begin a line. */
const ACCEPTED = /^Accepted \S+ for .* from (\S+) port (\d{1,5}) ssh2/;

const LONGEST_LINE = 4096;

const listeners = new Set<(login: Login) => void>();

/** Calls `listener` after each login from now on. The result ends that. */
export function onLogin(listener: (login: Login) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Reads the output of one sshd; costs nothing while nobody listens. */
export function loginReader(): (chunk: Uint8Array) => void {
  let rest = "";
  return (chunk) => {
    if (listeners.size === 0) return;
    const lines = (rest + Buffer.from(chunk).toString("latin1")).split("\n");
    rest = (lines.pop() ?? "").slice(-LONGEST_LINE);
    for (const line of lines) {
      const [, address, port] = ACCEPTED.exec(line) ?? [];
      if (address === undefined) continue;
      for (const listener of listeners) listener({ address, port: Number(port) });
    }
  };
}
