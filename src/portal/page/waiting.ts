// Renews the waiting page, and goes to the app once the app answers.

const TYPE = "application/vnd.ai-dock.waiting+json";
const INTERVAL_MILLISECONDS = 2000;

async function look(): Promise<void> {
  const aborted = new AbortController();
  try {
    const response = await fetch(location.href, {
      headers: { Accept: TYPE },
      cache: "no-store",
      signal: aborted.signal,
    });
    if (response.headers.get("content-type") !== TYPE) {
      // The app, of which nothing more is needed here.
      aborted.abort();
      location.reload();
      return;
    }
    const { text, lines } = (await response.json()) as { text: string; lines: string[] };
    show("text", text);
    show("lines", lines.join("\n"));
  } catch {
    // Caddy is being restarted, or the network is away.
  }
  setTimeout(() => void look(), INTERVAL_MILLISECONDS);
}

/** Sets a text where it differs, so that screen readers say each one once. */
function show(id: string, text: string): void {
  const element = document.querySelector(`#${id}`);
  if (element !== null && element.textContent !== text) element.textContent = text;
}

setTimeout(() => void look(), INTERVAL_MILLISECONDS);
