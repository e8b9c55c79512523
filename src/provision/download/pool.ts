import { backoff, pause } from "./backoff.ts";
import { ConnectionCount, FAILED_MILLISECONDS } from "./connection-count.ts";
import { PassingError } from "./error.ts";
import { label } from "./label.ts";
import type { DownloadLimits } from "./limits.ts";
import type { Claim } from "./pieces.ts";
import { giveUp, type Session } from "./session.ts";
import type { Begun, Sink } from "./sink.ts";
import { Stragglers } from "./stragglers.ts";

/** How often the number of connections is thought over. */
const TICK_MILLISECONDS = 100;
/** Bytes by which a connection that fails has done well enough to be opened again at once; or that share of its work. */
const PROGRESS_BYTES = 65_536;
const PROGRESS_SHARE = 1 / 16;
/** After a server has refused connections, more are tried again so much later. */
const REFUSED_MILLISECONDS = 10_000;
/** A request is for so much at least, as each costs a round trip in which nothing comes. */
const RUN_MILLISECONDS = 1500;
/** What a connection brings in less time by itself, no other one takes from it. */
const PATIENCE_MILLISECONDS = 750;
/** A rate is known after so many milliseconds. */
const RATE_MILLISECONDS = 100;

/** Fetches all that is missing over several connections, of which each takes the next work as it is done with its own. */
export class Pool {
  readonly #session: Session;
  readonly #limits: DownloadLimits;
  readonly #sink: Sink;
  readonly #shown: URL;
  readonly #failed = Promise.withResolvers<never>();
  /** Connections that will go on; of several that fail at the same time, the last one stays. */
  #active = 0;
  readonly #count: ConnectionCount;
  #failures = 0;
  #fetched = 0;
  readonly #started = performance.now();
  #isEnded = false;
  readonly #ended = Promise.withResolvers<void>();
  readonly #running = new Set<Promise<void>>();
  readonly #stragglers: Stragglers;
  /** When each claim was begun, and where. */
  readonly #begun = new WeakMap<Claim, { at: number; offset: number }>();

  constructor(session: Session, sink: Sink, shown: URL) {
    this.#session = session;
    this.#limits = session.limits;
    this.#sink = sink;
    this.#shown = shown;
    this.#count = new ConnectionCount(this.#limits.connections);
    this.#stragglers = new Stragglers(sink.pieces);
  }

  /** Bytes that have come over the network, those in vain included. */
  get fetched(): number {
    return this.#fetched;
  }

  /** Resolves once everything is there. Throws DownloadError and ChangedError, with nothing running any more. */
  async run(begun: Begun | undefined): Promise<void> {
    // The failure may come while nobody waits for it yet.
    this.#failed.promise.catch(() => undefined);
    try {
      if (begun !== undefined) this.#start(begun);
      this.#fill();
      void this.#tick();
      while (this.#running.size > 0) await Promise.race([this.#failed.promise, Promise.all(this.#running)]);
    } finally {
      this.#end();
      begun?.connection[Symbol.dispose]();
      await Promise.allSettled(this.#running);
    }
  }

  #end(): void {
    this.#isEnded = true;
    this.#ended.resolve();
  }

  #fill(): void {
    while (this.#active < this.#count.wanted && this.#start(undefined)) {
      // Each start counts itself.
    }
  }

  /** Starts a connection; false when there is nothing left for it. */
  #start(begun: Begun | undefined): boolean {
    const claim =
      begun === undefined ? this.#claim() : this.#note(this.#sink.pieces.claimRange(begun.offset, begun.end));
    if (claim === undefined) return false;
    this.#active++;
    const running = this.#work(claim, begun)
      .catch((error: unknown) => {
        this.#end();
        this.#failed.reject(error);
        this.#sink.stop();
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
    return true;
  }

  /** Fetches one claim after the other, until there is none, or others do without this connection. */
  async #work(first: Claim, begun: Begun | undefined): Promise<void> {
    let claim: Claim | undefined = first;
    let answer = begun;
    while (claim !== undefined) {
      const failure = await this.#fetchAndRelease(claim, answer);
      answer = undefined;
      if (failure !== undefined && !(await this.#mayGoOn(failure))) return;
      const isOneTooMany = this.#isEnded || this.#active > this.#count.wanted;
      claim = isOneTooMany ? undefined : this.#claim();
    }
    this.#active--;
  }

  #claim(): Claim | undefined {
    const { pieces } = this.#sink;
    const { minimumRange } = this.#limits;
    const rate = this.#fetched / (performance.now() - this.#started) / this.#active;
    const run = Number.isFinite(rate) ? rate * RUN_MILLISECONDS : 0;
    return this.#note(
      pieces.claim(this.#count.wanted, minimumRange, run) ??
        pieces.steal(minimumRange, (victim) => this.#isSlow(victim)),
    );
  }

  #note(claim: Claim | undefined): Claim | undefined {
    if (claim !== undefined)
      this.#begun.set(claim, { at: performance.now(), offset: this.#sink.pieces.offsetOf(claim) });
    return claim;
  }

  /** Whether a connection has work for so long that another one should help. */
  #isSlow(claim: Claim): boolean {
    const { pieces } = this.#sink;
    const begun = this.#begun.get(claim);
    if (begun === undefined) return false;
    const milliseconds = performance.now() - begun.at;
    const offset = pieces.offsetOf(claim);
    if (milliseconds < RATE_MILLISECONDS) return false;
    return (pieces.endOf(claim) - offset) * milliseconds > (offset - begun.offset) * PATIENCE_MILLISECONDS;
  }

  /** Resolves to the reason why it ended early, with no word on one that has done well until then. */
  async #fetchAndRelease(claim: Claim, begun: Begun | undefined): Promise<PassingError | undefined> {
    const { pieces } = this.#sink;
    const before = pieces.offsetOf(claim);
    const enough = Math.min(PROGRESS_BYTES, (pieces.endOf(claim) - before) * PROGRESS_SHARE);
    try {
      await this.#fetch(claim, begun);
      this.#failures = 0;
      return undefined;
    } catch (error) {
      if (!(error instanceof PassingError)) throw error;
      const isDropped = this.#stragglers.remove(claim);
      if (!isDropped && pieces.offsetOf(claim) - before < enough) return error;
      this.#failures = 0;
      return undefined;
    } finally {
      this.#stragglers.remove(claim);
      pieces.release(claim);
    }
  }

  async #fetch(claim: Claim, begun: Begun | undefined): Promise<void> {
    const { pieces } = this.#sink;
    const offset = pieces.offsetOf(claim);
    const end = begun?.end ?? pieces.endOf(claim);
    using connection = begun?.connection ?? (await this.#session.range(offset, end)).connection;
    this.#stragglers.add(claim, connection);
    let at = offset;
    for await (const chunk of connection.body()) {
      this.#fetched += chunk.byteLength;
      // Another connection may have taken the end of the claim meanwhile.
      const room = Math.min(end, pieces.endOf(claim)) - at;
      if (this.#isEnded || room <= 0) return;
      this.#sink.write(claim, room < chunk.byteLength ? chunk.subarray(0, room) : chunk);
      at += Math.min(room, chunk.byteLength);
      // Read to its own end, an answer leaves its connection to the next request.
      if (at >= pieces.endOf(claim) && at < end) return;
    }
    if (at < Math.min(end, pieces.endOf(claim))) throw new PassingError("an answer that ends too early");
  }

  /** After a failure: waits and returns true, or returns false where the other connections do without this one. */
  async #mayGoOn(error: PassingError): Promise<boolean> {
    const { attempts, delaySeconds } = this.#limits;
    if (this.#active > 1) {
      this.#active--;
      // Servers that limit connections refuse those above the limit.
      this.#count.shrink(
        this.#active,
        isRefusal(error) ? Math.max(REFUSED_MILLISECONDS, error.after ?? 0) : FAILED_MILLISECONDS,
      );
      return false;
    }
    this.#failures++;
    if (this.#failures >= attempts) throw giveUp(error, label(this.#shown), this.#failures);
    const wait = backoff(this.#failures, delaySeconds, error.after);
    this.#count.shrink(this.#active, wait + FAILED_MILLISECONDS);
    await pause(wait, this.#session.client.signal);
    return true;
  }

  /** Thinks over the number of connections, and lets idle ones help slow ones. */
  async #tick(): Promise<void> {
    for (let before = this.#fetched; ; before = this.#fetched) {
      const started = performance.now();
      await Promise.race([Bun.sleep(TICK_MILLISECONDS), this.#ended.promise]);
      if (this.#isEnded) return;
      this.#count.tick((this.#fetched - before) / (performance.now() - started));
      this.#fill();
      if (this.#active < this.#count.wanted) this.#stragglers.drop();
    }
  }
}

function isRefusal({ status }: PassingError): boolean {
  return status === 429 || status === 503;
}
