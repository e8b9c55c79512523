import { errnoOf, messageOf } from "../../errors.ts";
import { proxyFor, trustedAuthorities } from "../../sys/network.ts";
import { DownloadError, PassingError } from "./error.ts";
import { label } from "./label.ts";
import { decodePercent } from "./names.ts";
import { failureWords } from "./words.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Who asks: what all requests of a download have in common. */
export interface Client {
  /** The token for a host with its port where that is not the usual one; undefined for none. */
  authorization(host: string): string | undefined;
  /** Proxies and certificate authorities. */
  env: Environment;
  timeoutSeconds: number;
  signal: AbortSignal;
  /** The checksum of what is to come is known. */
  isChecked?: boolean;
  /** A unix socket to speak HTTP through, instead of the network. */
  unix?: string;
}

/** CivitAI's firewall refuses agents that name a programming language's library. */
const AGENT = "Mozilla/5.0 (compatible; ai-dock; +https://github.com/ai-dock/base-image)";

/** Errors that no further attempt mends: certificates, and what is wrong with the URL or this machine. */
const LASTING = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME|InvalidURL|UnsupportedProtocol/;

/** Less in the time of a timeout is no progress: a server could hold a download for ever by a byte now and then. */
const PROGRESS_BYTES = 4096;

/**
 * One request and its answer, which may be read while bytes come: `timeoutSeconds` with hardly any, headers included, end it.
 * Failures throw PassingError where another attempt may help, else DownloadError.
 */
export class Connection implements Disposable {
  readonly url: URL;
  readonly #client: Client;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #abort = () => this.#controller.abort();
  #isHung = false;
  #isDropped = false;
  #response: Response | undefined;
  /** A token or a password went with the request. */
  sentSecret = false;
  /** There is a token, which does not go over plain http. */
  withheldSecret = false;

  private constructor(client: Client, url: URL) {
    this.#client = client;
    this.url = url;
    this.#timer = setTimeout(() => {
      this.#isHung = true;
      this.#controller.abort();
    }, client.timeoutSeconds * 1000);
    client.signal.addEventListener("abort", this.#abort);
    if (client.signal.aborted) this.#abort();
  }

  /** Sends a GET; follows no redirect. */
  static async open(client: Client, url: URL, headers: Record<string, string>, decompress = false) {
    const connection = new Connection(client, url);
    try {
      connection.#response = await connection.#fetch(headers, decompress);
      connection.#timer.refresh();
      return connection;
    } catch (error) {
      connection[Symbol.dispose]();
      throw connection.#explain(error);
    }
  }

  get response(): Response {
    if (this.#response === undefined) throw new Error("no response yet");
    return this.#response;
  }

  /** The chunks of the body. */
  async *body(): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.response.body?.getReader();
    if (reader === undefined) return;
    let unseen = 0;
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        unseen += value.byteLength;
        if (unseen >= PROGRESS_BYTES) {
          unseen = 0;
          this.#timer.refresh();
        }
        yield value;
      }
    } catch (error) {
      throw this.#explain(error);
    }
  }

  /** Ends the request; what has not been read of the body is dropped, with the connection. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#client.signal.removeEventListener("abort", this.#abort);
    this.#controller.abort();
  }

  /** Ends the request as a failure that another attempt may mend. */
  drop(): void {
    this.#isDropped = true;
    this.#controller.abort();
  }

  async #fetch(headers: Record<string, string>, decompress: boolean): Promise<Response> {
    const { url } = this;
    const { env, unix } = this.#client;
    const target = new URL(url);
    [target.username, target.password, target.hash] = ["", "", ""];
    const authorization = unix === undefined ? this.#authorization() : undefined;
    this.sentSecret = authorization !== undefined;
    return await fetch(target, {
      redirect: "manual",
      signal: this.#controller.signal,
      decompress,
      headers: {
        "user-agent": AGENT,
        accept: "*/*",
        "accept-encoding": "identity",
        ...(authorization === undefined ? {} : { authorization }),
        ...headers,
      },
      ...(unix === undefined ? networkOptions(url, env) : { unix }),
    });
  }

  #authorization(): string | undefined {
    const { url } = this;
    if (url.username !== "" || url.password !== "") {
      const [user, password] = [decodePercent(url.username), decodePercent(url.password)];
      return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    }
    const token = this.#client.authorization(url.host);
    this.withheldSecret = token !== undefined && !isPrivate(url, this.#client.env);
    return token === undefined || this.withheldSecret ? undefined : `Bearer ${token}`;
  }

  #explain(error: unknown): unknown {
    if (this.#client.signal.aborted) return new DownloadError("aborted", "the download was interrupted");
    if (this.#isHung) return new PassingError(`hardly a byte for ${this.#client.timeoutSeconds} s`);
    if (this.#isDropped) return new PassingError("a connection that was given up");
    if (error instanceof DownloadError || error instanceof PassingError) return error;
    const code = errnoOf(error) ?? "";
    const message = messageOf(error).replace(/ For more information, pass `verbose.*$/, "");
    if (!LASTING.test(`${code} ${message}`)) return new PassingError(failureWords[code] ?? message);
    return new DownloadError("network", `"${label(this.url)}": expected a trusted server, got ${message}`);
  }
}

const authorities = new WeakMap<Environment, string[]>();

function networkOptions(url: URL, env: Environment) {
  // Without this option Bun would use the proxy of the environment that the process was started with.
  const proxy = (proxyFor(url, env) ?? false) as string;
  if (url.protocol !== "https:") return { proxy };
  const known = authorities.get(env) ?? trustedAuthorities(env, () => undefined);
  authorities.set(env, known);
  return { proxy, tls: { ca: known } };
}

/** Whether a token may go there: encrypted, or without leaving this machine. */
export function isPrivate(url: URL, env: Environment): boolean {
  return url.protocol === "https:" || (LOOPBACK.test(url.hostname) && proxyFor(url, env) === undefined);
}

const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;
