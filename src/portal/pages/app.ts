import { markup, page } from "./html.ts";

/** The paths of the app, whose script shows the page of each. */
const paths = new Set([
  "/",
  "/programs",
  "/logs",
  "/machine",
  "/provisioning",
  "/environment",
  "/doctor",
  "/connect",
]);

/** The frame that the script fills; undefined for a path that is none of the app's. */
export function appPage(path: string): string | undefined {
  if (!paths.has(path)) return undefined;
  return page(
    "AI-Dock",
    markup`<div id="app"></div>
<noscript><main class="card"><h1>AI-Dock</h1><p>These pages need JavaScript. <code>ai-dock status</code> and <code>ai-dock logs</code> tell the same in a shell.</p></main></noscript>`,
    "portal.js",
  );
}
