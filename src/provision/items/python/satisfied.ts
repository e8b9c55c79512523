import { ExitCode } from "../../../errors.ts";
import type { ItemContext } from "../context.ts";

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
print(json.dumps([text for text in sys.argv[1:] if missing(text)]))
`;

/** Those of the packages that an environment does not have in the wanted version; all, where it cannot tell. */
export async function missingPackages(
  python: string,
  packages: readonly string[],
  context: ItemContext,
): Promise<readonly string[]> {
  if (packages.length === 0) return [];
  // Isolated: neither the working directory nor PYTHONPATH brings modules of others.
  const { code, output } = await context.run([python, "-I", "-c", SCRIPT, ...packages], { quiet: true });
  if (code !== ExitCode.ok) return packages;
  const listed: unknown = JSON.parse(output.trim().split("\n").at(-1) ?? "null");
  return Array.isArray(listed) ? packages.filter((name) => listed.includes(name)) : packages;
}
