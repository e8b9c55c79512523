import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prometheusProgram } from "./_promtool.ts";
import { tempFolder, waitFor } from "../harness.ts";

interface Sample {
  metric: Record<string, string>;
  /** Seconds, and the value as text. */
  value: [number, string];
}

/** Debian's Prometheus on this machine, with that configuration, until the end of the scope. */
export class Prometheus implements AsyncDisposable {
  readonly #url: string;
  readonly #child: Bun.Subprocess;

  private constructor(url: string, child: Bun.Subprocess) {
    this.#url = url;
    this.#child = child;
  }

  static async start(configuration: string): Promise<Prometheus> {
    const folder = tempFolder();
    const [config, log] = [join(folder, "prometheus.yml"), join(folder, "log")];
    writeFileSync(config, configuration);
    const child = Bun.spawn(
      [
        prometheusProgram("prometheus"),
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, "data")}`,
        "--web.listen-address=127.0.0.1:0",
      ],
      { stdin: "ignore", stdout: "ignore", stderr: Bun.file(log) },
    );
    const said = async () => (existsSync(log) ? await Bun.file(log).text() : "");
    try {
      const detail = { what: "Prometheus to be ready", detail: said };
      const [, address] = await waitFor(
        async () => /msg="Listening on" address=(127\.0\.0\.1:\d+)/.exec(await said()),
        detail,
      );
      const prometheus = new Prometheus(`http://${address}`, child);
      await waitFor(async () => (await prometheus.#fetch("/-/ready").catch(() => undefined))?.ok, detail);
      return prometheus;
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }

  /** What an expression is at this moment. Throws for one that Prometheus does not understand. */
  async query(expression: string): Promise<Sample[]> {
    const response = await this.#fetch(`/api/v1/query?query=${encodeURIComponent(expression)}`);
    const reply = (await response.json()) as { status: string; error?: string; data: { result: Sample[] } };
    if (reply.status !== "success") throw new Error(`${expression}: ${reply.error}`);
    return reply.data.result;
  }

  /** The value of an expression that is one series. A scrape that came too late may have left it without one. */
  async value(expression: string): Promise<number> {
    const [sample] = await this.until(expression);
    return Number(sample!.value[1]);
  }

  /** Waits until an expression has samples. */
  async until(expression: string, limit?: number): Promise<Sample[]> {
    return await waitFor(
      async () => {
        const samples = await this.query(expression);
        return samples.length > 0 && samples;
      },
      {
        what: `samples of ${expression}`,
        detail: async () =>
          JSON.stringify(await this.#fetch("/api/v1/targets").then((found) => found.json())),
        ...(limit === undefined ? {} : { limit }),
      },
    );
  }

  #fetch(path: string): Promise<Response> {
    return fetch(`${this.#url}${path}`, { ...({ proxy: false } as object) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }
}
