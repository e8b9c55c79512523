import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export const ROOT = join(import.meta.dir, "../..");

/** The pages for people, by their paths in the repository. */
export const pages: string[] = ["*.md", "docs/**/*.md", "examples/**/*.md", ".github/**/*.md"]
  .flatMap((pattern) => [...new Bun.Glob(pattern).scanSync({ cwd: ROOT, dot: true })])
  .toSorted();

export interface CodeBlock {
  language: string;
  text: string;
  /** Of its first line of code, from 1. */
  line: number;
}

/** A page of Markdown, taken apart as far as the tests need it. */
export class Page {
  readonly path: string;
  readonly blocks: CodeBlock[] = [];
  /** Everything but code blocks and comments. */
  readonly prose: string;

  constructor(path: string, text = readFileSync(join(ROOT, path), "utf8")) {
    this.path = path;
    const prose: string[] = [];
    let open: CodeBlock | undefined;
    for (const [index, line] of text.split("\n").entries()) {
      const fence = /^\s*```(.*)$/.exec(line);
      if (fence === null) {
        if (open === undefined) prose.push(line);
        else open.text += `${line}\n`;
      } else if (open === undefined) {
        open = { language: fence[1]!.trim(), text: "", line: index + 2 };
      } else {
        this.blocks.push(open);
        open = undefined;
      }
    }
    if (open !== undefined) throw new Error(`${path}:${open.line}: a code block has no end`);
    this.prose = prose.join("\n").replaceAll(/<!--[\s\S]*?-->/g, "");
  }

  /** What stands between backquotes. */
  get inlineCode(): string[] {
    return [...this.prose.matchAll(/(`+)(.+?)\1/g)].map(([, , code]) => code!.trim());
  }

  /** Targets of links and pictures, in Markdown or HTML. */
  get links(): string[] {
    const text = this.prose.replaceAll(/(`+).+?\1/g, "");
    const markdown = [...text.matchAll(/\]\(([^)\s]+)\)/g)];
    const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g)];
    return [...markdown, ...html].map(([, target]) => target!);
  }

  /** The anchors that GitHub gives to the headings. */
  get anchors(): Set<string> {
    const seen = new Map<string, number>();
    const anchors = [...this.prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading]) => {
      const slug = slugOf(heading!);
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return count === 0 ? slug : `${slug}-${count}`;
    });
    return new Set(anchors);
  }

  /** A target of a relative link as a path in the repository, and its anchor. */
  resolve(target: string): { path: string; anchor: string | undefined } {
    const [file = "", anchor] = target.split("#");
    return { path: file === "" ? this.path : join(dirname(this.path), file), anchor };
  }
}

/** Lower case, without punctuation, blanks as dashes. */
function slugOf(heading: string): string {
  const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
  return plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}
