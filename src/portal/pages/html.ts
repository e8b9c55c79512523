const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is markup already. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A template whose values are shown as text, whatever they hold. */
export function markup(
  parts: TemplateStringsArray,
  ...values: (string | number | Markup | undefined)[]
): Markup {
  const shown = values.map((value) => (value instanceof Markup ? value.text : escape(String(value ?? ""))));
  return new Markup(parts.map((part, index) => part + (shown[index] ?? "")).join(""));
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? "");
}

/** A whole page; `script` is the name of one of our scripts. */
export function page(title: string, body: Markup, script?: string): string {
  const tag =
    script === undefined
      ? undefined
      : markup`<script type="module" src="/ai-dock/assets/${script}"></script>`;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="/ai-dock/assets/icon.svg">
<link rel="stylesheet" href="/ai-dock/assets/portal.css">
${tag}
</head>
<body>
${body}
</body>
</html>
`.text;
}
