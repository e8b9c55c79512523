import { markup, page } from "./html.ts";

/** What a waiting page shows. */
export interface Waiting {
  /** Of the service. */
  name: string;
  /** What is waited for. */
  text: string;
  /** The last lines of the log of what is waited for. */
  lines: string[];
}

/** A page that renews itself and goes to the app once the app answers. */
export function waitingPage({ name, text, lines }: Waiting): string {
  return page(
    `${name}: not ready yet`,
    markup`<main class="card waiting">
<h1><span class="spinner" aria-hidden="true"></span>${name} is not ready yet</h1>
<p id="text" role="status">${text}</p>
<pre id="lines" tabindex="0" aria-label="Last lines of its log">${lines.join("\n")}</pre>
<p class="hint">This page goes on by itself as soon as ${name} answers.</p>
<noscript><p class="hint"><a href="">Look again</a></p></noscript>
</main>`,
    "waiting.js",
  );
}
