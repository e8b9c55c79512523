import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { answer } from "./respond.ts";

/** What the pages load, without a login: `scripts/lib/page.ts` makes all of these. */
const ofPages: Record<string, string> = {
  "portal.js": "text/javascript; charset=utf-8",
  "waiting.js": "text/javascript; charset=utf-8",
  "enter.js": "text/javascript; charset=utf-8",
  "portal.css": "text/css; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

/** The OpenAPI document. */
const DOCUMENT = "openapi.json";

type Content = Uint8Array<ArrayBuffer>;

/** The files of the pages, and the document of the API, compressed once at build. */
export class Assets {
  readonly #files: Map<string, { body: Content; etag: string }>;

  constructor(files: Map<string, Content>) {
    this.#files = new Map(
      [...files].map(([name, body]) => [name, { body, etag: `"${Bun.hash(body).toString(36)}"` }]),
    );
  }

  /** The answer with a file of the pages; undefined where there is none of that name. */
  respond(name: string, request: Request): Response | undefined {
    return Object.hasOwn(ofPages, name) ? this.#answer(name, ofPages[name] ?? "", request) : undefined;
  }

  /** The answer with the OpenAPI document, which says the version: not for everybody. */
  document(request: Request): Response | undefined {
    return this.#answer(DOCUMENT, "application/json", request);
  }

  #answer(name: string, type: string, request: Request): Response | undefined {
    const file = this.#files.get(name);
    if (file === undefined) return undefined;
    const headers = { "Cache-Control": "no-cache", ETag: file.etag, Vary: "Accept-Encoding" };
    if (request.headers.get("if-none-match") === file.etag) return answer(304, null, type, headers);
    if ((request.headers.get("accept-encoding") ?? "").includes("gzip"))
      return answer(200, file.body, type, { ...headers, "Content-Encoding": "gzip" });
    return answer(200, Bun.gunzipSync(file.body), type, headers);
  }
}

/** The files in the executable, or in `folder` where this is no executable of ours. */
export async function loadAssets(folder: string): Promise<Assets> {
  const files = new Map<string, Content>();
  for (const name of [...Object.keys(ofPages), DOCUMENT]) {
    const embedded = Bun.embeddedFiles.find((file) => basename((file as File).name) === `${name}.gz`);
    files.set(
      name,
      embedded === undefined
        ? new Uint8Array(readFileSync(join(folder, `${name}.gz`)))
        : await embedded.bytes(),
    );
  }
  return new Assets(files);
}
