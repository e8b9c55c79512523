import { isMap, isScalar, type Document, LineCounter, type Node, parseDocument } from "yaml";

/** A place in a manifest, for messages: `provisioning.yaml:12`, or the name of a variable. */
export interface Place {
  source: string;
  line?: number;
}

/** What is wrong with a manifest, and where. */
export interface Problem extends Place {
  /** `key: expected X, got Y`. */
  message: string;
}

/** A parsed manifest that knows the line of each key. JSON is YAML, too. */
export interface ManifestDocument {
  source: string;
  value: unknown;
  problems: Problem[];
  /** The line of what is at a path, or of the nearest thing around it that is there. */
  lineOf(path: readonly PropertyKey[]): number | undefined;
}

/** Parses the text of a manifest; syntax errors are among its problems. */
export function parseManifest(text: string, source: string): ManifestDocument {
  const lines = new LineCounter();
  // An alias that is used over and over is an attack on memory: yaml's own limit stays.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map(({ message, pos }) => ({
    source,
    line: lines.linePos(pos[0]).line,
    message: `expected YAML or JSON, got a mistake in the syntax: ${message.split("\n")[0]}`,
  }));
  const value: unknown = problems.length > 0 ? undefined : toValue(document, source, problems);
  const lineOf = (path: readonly PropertyKey[]) => {
    const offset = offsetOf(document.contents, path);
    return offset === undefined ? undefined : lines.linePos(offset).line;
  };
  return { source, value, problems, lineOf };
}

function toValue(document: Document, source: string, problems: Problem[]): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    problems.push({ source, message: `expected YAML, got ${String(error)}` });
    return undefined;
  }
}

/** Where the key, or else the value, at a path begins. */
function offsetOf(root: unknown, path: readonly PropertyKey[]): number | undefined {
  let node = root as Node | null;
  let offset = node?.range?.[0];
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value as Node | null;
      continue;
    }
    const items: unknown = node !== null && "items" in node ? node.items : undefined;
    const item: unknown = Array.isArray(items) ? items[Number(step)] : undefined;
    if (item === undefined) break;
    node = item as Node;
    offset = node.range?.[0] ?? offset;
  }
  return offset;
}
