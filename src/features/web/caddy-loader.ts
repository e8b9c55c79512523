import { rmSync } from "node:fs";
import { writeFileAtomic } from "../../sys/fs.ts";
import { type CaddyAdmin, Refused } from "./admin.ts";
import { caddyConfig, type CaddyConfigOptions } from "./caddy-config.ts";
import type { CaddySockets } from "./caddy-sockets.ts";

/**
 * How long Caddy gets for what has come to the sockets that it is about to leave: to accept the connections and read
 * their first requests. New ones wait at the next sockets meanwhile. Who sends a request on an older connection in this
 * time is told to open another one. A TLS handshake takes two ways to a far client and back.
 */
const LAST_READ_MILLISECONDS = 500;

type Options = Omit<CaddyConfigOptions, "nameOf">;

/** Gives a process of Caddy one configuration after the other, and drops no request by that. */
export class CaddyLoader {
  readonly #admin: Pick<CaddyAdmin, "load">;
  readonly #lastRead: number;
  #sockets: CaddySockets | undefined;
  #loaded: { options: Options; text: string } | undefined;

  constructor(admin: Pick<CaddyAdmin, "load">, lastReadMilliseconds = LAST_READ_MILLISECONDS) {
    this.#admin = admin;
    this.#lastRead = lastReadMilliseconds;
  }

  /** Another process of Caddy, which has nothing, or none; without sockets Caddy listens by itself. */
  begin(sockets: CaddySockets | undefined): void {
    this.#sockets = sockets;
    this.#loaded = undefined;
  }

  /** Loads what differs from the last one. Throws Refused, and Caddy goes on with that; or when Caddy does not answer. */
  async load(options: Options): Promise<void> {
    const text = JSON.stringify(caddyConfig(options));
    if (text === this.#loaded?.text) return;
    const sockets = this.#sockets;
    const isServed = sockets?.openNext(addressesOf(options)) ?? false;
    const before = this.#loaded;
    this.#loaded = undefined;
    try {
      if (isServed) await this.#leave(options.leavingFile);
      await this.#send(options, sockets);
      if (sockets === this.#sockets) this.#loaded = { options, text };
    } catch (error) {
      if (error instanceof Refused && before !== undefined && sockets === this.#sockets) {
        // Some wait at the next sockets already: what Caddy had is loaded once more, for these.
        const isBack = isServed ? this.#send(before.options, sockets) : Promise.resolve();
        this.#loaded = await isBack.then(
          () => before,
          () => undefined,
        );
      }
      throw error;
    } finally {
      sockets?.dropNext();
      rmSync(options.leavingFile, { force: true });
    }
  }

  async #leave(file: string): Promise<void> {
    writeFileAtomic(file, "", 0o644);
    await Bun.sleep(this.#lastRead);
  }

  async #send(options: Options, sockets: CaddySockets | undefined): Promise<void> {
    await this.#admin.load(caddyConfig({ ...options, nameOf: sockets?.nameOf }));
    sockets?.served(addressesOf(options));
  }
}

const addressesOf = ({ sites }: Options) => sites.flatMap(({ listen }) => listen);
