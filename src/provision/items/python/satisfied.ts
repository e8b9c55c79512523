import { ExitCode } from "../../../errors.ts";
import type { ItemContext } from "../context.ts";
import type { As } from "../command-options.ts";

/** Asks the environment itself: versions are compared by the rules of its own packaging. */
const SCRIPT = `import json, sys
from importlib import metadata
try:
    from packaging.requirements import Requirement
except ImportError:
    try:
        from pip._vendor.packaging.requirements import Requirement
    except ImportError:
        Requirement = None
def missing(text):
    if Requirement is None:
        return True
    try:
        wanted = Requirement(text)
    except Exception:
        return True
    if wanted.marker is not None and not wanted.marker.evaluate():
        return False
    # What an extra adds, and what a URL leads to, only the installer knows.
    if wanted.extras or wanted.url:
        return True
    try:
        return not wanted.specifier.contains(metadata.version(wanted.name), prereleases=True)
    except metadata.PackageNotFoundError:
        return True
print(json.dumps([text for text in json.load(sys.stdin) if missing(text)]))
`;

/** Those of the packages that an environment does not have in the wanted version; all, where it cannot tell. */
export async function missingPackages(
  python: string,
  as: As,
  packages: readonly string[],
  context: ItemContext,
): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  // Isolated: neither the working directory nor PYTHONPATH brings modules of others.
  const { code, output } = await context.run([python, "-I", "-c", SCRIPT], {
    as,
    quiet: true,
    // A package may be a URL with a token in it.
    input: JSON.stringify(packages),
  });
  if (code !== ExitCode.ok) return packages;
  const listed = parse(output.trim().split("\n").at(-1) ?? "");
  return Array.isArray(listed) ? packages.filter((name) => listed.includes(name)) : packages;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
