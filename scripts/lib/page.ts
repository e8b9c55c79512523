// The pages of the portal and the document of its API: src/portal → files that the executable holds, compressed.
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import manifest from "../../package.json" with { type: "json" };
import { descriptions } from "../../src/portal/api/document/descriptions.ts";
import { openApi } from "../../src/portal/api/document/openapi.ts";

const SOURCES = ["portal.tsx", "waiting.ts", "enter.ts", "portal.css", "icon.svg"];

/** All that a browser loads, compressed. */
const LARGEST_BYTES = 250_000;

/** Builds the pages and the document into `folder` and returns the paths of the files. Throws where pages are too large. */
export async function buildPage(folder: string): Promise<string[]> {
  const sources = join(import.meta.dir, "../../src/portal/page");
  mkdirSync(folder, { recursive: true });
  const files = await Promise.all(SOURCES.map(async (name) => await build(join(sources, name))));
  const bytes = files.reduce((sum, { content }) => sum + content.byteLength, 0);
  if (bytes > LARGEST_BYTES)
    throw new Error(`the pages: expected at most ${LARGEST_BYTES} bytes, got ${bytes}`);
  return [...files, document()].map(({ name, content }) => {
    const path = join(folder, `${name}.gz`);
    writeFileSync(path, content);
    return path;
  });
}

async function build(source: string): Promise<{ name: string; content: Uint8Array }> {
  const name = basename(source).replace(/[.]tsx?$/, ".js");
  if (name.endsWith(".svg")) return { name, content: compress(await Bun.file(source).bytes()) };
  const { outputs, logs, success } = await Bun.build({
    entrypoints: [source],
    target: "browser",
    minify: true,
    throw: false,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const [output] = outputs;
  if (!success || output === undefined) throw new AggregateError(logs, `${name} cannot be built`);
  return { name, content: compress(new Uint8Array(await output.arrayBuffer())) };
}

function document(): { name: string; content: Uint8Array } {
  const text = JSON.stringify(openApi(descriptions, manifest.version));
  return { name: "openapi.json", content: compress(new TextEncoder().encode(text)) };
}

function compress(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 9 });
}

if (import.meta.main) await buildPage("dist/page");
