import { plainAddress, type TcpSocket } from "../../../sys/tcp-sockets.ts";
import { processesTitled } from "../../../sys/titles.ts";
import { type Activity, seen } from "./activity.ts";

/** Longer than ssh servers wait for a login (LoginGraceTime): who is connected then has logged in. */
const GRACE_MILLISECONDS = 150_000;

/** What a process of sshd calls itself once somebody has logged in; before that, a word in brackets follows. */
const SESSION = /^sshd(?:-session)?: [^\s@]+@\S+$/;

/** More logins between two looks are not told apart. */
const MOST_LOGINS = 1000;

/** A login that sshd has accepted. */
export interface Login {
  address: string;
  port: number;
}

/**
 * Knows which connections to ssh servers are sessions: bots knock all day, and must keep no container alive. Our own sshd
 * tells of each login; of other servers, as a cloud's own, a session is a process of that title, or a connection that has
 * outlived the time for a login.
 */
export class SshSessions {
  readonly #now: () => number;
  readonly #titled: () => number[];
  readonly #sessions = new Set<string>();
  readonly #firstSeen = new Map<string, number>();
  #logins: Login[] = [];
  #processes: Set<number> | undefined;

  constructor(now: () => number = () => performance.now(), titled: () => number[] = sessionProcesses) {
    this.#now = now;
    this.#titled = titled;
  }

  /** Our sshd has let somebody in. */
  readonly accept = (login: Login): void => {
    if (this.#logins.length < MOST_LOGINS) this.#logins.push(login);
  };

  isSession({ id }: TcpSocket): boolean {
    return this.#sessions.has(id);
  }

  /** Takes the connections to ssh servers as of now; gives the logins since the look before. */
  look(connections: TcpSocket[]): Activity[] {
    const now = this.#now();
    const logins = this.#logins.map(({ address, port }) => ({ address: plainAddress(address), port }));
    this.#logins = [];
    const accepted = new Set(logins.map(({ address, port }) => `${address} ${port}`));
    const there = new Set(connections.map(({ id }) => id));
    for (const id of this.#firstSeen.keys()) if (!there.has(id)) this.#forget(id);
    for (const { id, remote, remotePort } of connections) {
      if (!this.#firstSeen.has(id)) this.#firstSeen.set(id, now);
      const isOld = now - (this.#firstSeen.get(id) ?? now) >= GRACE_MILLISECONDS;
      if (isOld || accepted.has(`${remote} ${remotePort}`)) this.#sessions.add(id);
    }
    const found = logins.map(({ address }) => seen("ssh", `login by ssh from ${address}`));
    const before = this.#processes;
    this.#processes = new Set(this.#titled());
    const isNew = before !== undefined && [...this.#processes].some((pid) => !before.has(pid));
    return isNew && found.length === 0 ? [seen("ssh", "login by ssh")] : found;
  }

  #forget(id: string): void {
    this.#firstSeen.delete(id);
    this.#sessions.delete(id);
  }
}

function sessionProcesses(): number[] {
  return processesTitled("sshd").flatMap(({ pid, words }) => (SESSION.test(words[0] ?? "") ? [pid] : []));
}
