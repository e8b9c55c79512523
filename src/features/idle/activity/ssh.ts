import { plainAddress, type TcpSocket } from "../../../sys/tcp-sockets.ts";
import { type NamedProcess, namedProcesses } from "../../../sys/process-names.ts";
import { type Activity, seen } from "./activity.ts";

/** Longer than ssh servers wait for a login (LoginGraceTime): who is connected then has logged in. */
const GRACE_MILLISECONDS = 150_000;

/** More logins between two looks are not told apart. */
const MOST_LOGINS = 1000;

/** A login that sshd has accepted. */
export interface Login {
  address: string;
  port: number;
}

/**
 * Knows which connections to ssh servers are sessions: bots knock all day, and must keep no container alive. Our own sshd
 * tells of each login; of other servers, as a cloud's own, a login is a command that a process of sshd has started, and a
 * session a connection that has outlived the time for a login.
 */
export class SshSessions {
  readonly #now: () => number;
  readonly #list: () => NamedProcess[];
  readonly #sessions = new Set<string>();
  readonly #firstSeen = new Map<string, number>();
  #logins: Login[] = [];
  #commands: Set<number> | undefined;

  constructor(now: () => number = () => performance.now(), list: () => NamedProcess[] = namedProcesses) {
    this.#now = now;
    this.#list = list;
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
    const before = this.#commands;
    this.#commands = new Set(commandsOf(this.#list()));
    const isNew = before !== undefined && [...this.#commands].some((pid) => !before.has(pid));
    return isNew && found.length === 0 ? [seen("ssh", "login by ssh")] : found;
  }

  #forget(id: string): void {
    this.#firstSeen.delete(id);
    this.#sessions.delete(id);
  }
}

/** What sshd has started for those who have logged in; before that, it starts only more of itself. */
function commandsOf(processes: NamedProcess[]): number[] {
  const isSshd = (name: string) => name.startsWith("sshd");
  const servers = new Set(processes.flatMap(({ pid, name }) => (isSshd(name) ? [pid] : [])));
  return processes.flatMap(({ pid, ppid, name }) => (servers.has(ppid) && !isSshd(name) ? [pid] : []));
}
