/** What ANSI's codes of colour and weight look like here, legible on the dark ground that the picture brings along. */
const styles: Record<string, string> = {
  "1": 'font-weight="bold"',
  "2": 'opacity="0.65"',
  "31": 'fill="#ff7b72"',
  "32": 'fill="#56d364"',
  "33": 'fill="#e3b341"',
  "36": 'fill="#76e3ea"',
};

const CHARACTER = 7.8;
const LINE = 19;
const PADDING = 18;
const FONT =
  "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace";

// oxlint-disable-next-line no-control-regex -- the escape that begins a code
const CODE = /\u001B\[([\d;]*)m/;

/** What a terminal shows, colours included, as a picture with a ground of its own. */
export function terminalSvg(text: string, title: string): string {
  const lines = text.replaceAll("\r", "").trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => Bun.stringWidth(line)));
  const width = Math.ceil(columns * CHARACTER + 2 * PADDING);
  const height = lines.length * LINE + 2 * PADDING;
  const rows = lines.map((line, index) => {
    const y = PADDING + index * LINE + 14;
    return `<text x="${PADDING}" y="${y}">${spans(line)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escape(title)}</title>
<style>text { font: 13px ${FONT}; fill: #e6edf3; white-space: pre }</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" fill="#0d1117" stroke="#6e7681"/>
${rows.join("\n")}
</svg>
`;
}

/** One line; a code counts until the next one. Every piece says how wide it is, so that columns hold in any font. */
function spans(line: string): string {
  const [first = "", ...rest] = line.split(CODE);
  const pieces: [style: string, text: string][] = [["", first]];
  for (let at = 0; at < rest.length; at += 2) {
    const style = (rest[at] ?? "").split(";").map((code) => styles[code] ?? "");
    pieces.push([style.filter((one) => one !== "").join(" "), rest[at + 1] ?? ""]);
  }
  return pieces
    .filter(([, text]) => text !== "")
    .map(([style, text]) => {
      const length = Number((Bun.stringWidth(text) * CHARACTER).toFixed(1));
      return `<tspan textLength="${length}" ${style}>${escape(text)}</tspan>`.replace(" >", ">");
    })
    .join("");
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
