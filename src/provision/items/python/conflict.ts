/**
 * The sentence on a conflict with what is installed, of pip's or uv's output: which package wanted another version of which.
 * Undefined for any other failure.
 */
export function conflictOf(output: string): string | undefined {
  return conflictOfPip(output) ?? conflictOfUv(output);
}

function conflictOfPip(output: string): string | undefined {
  if (!output.includes("The conflict is caused by:") && !output.includes("The user requested (constraint)"))
    return undefined;
  const installed = /The user requested \(constraint\) (\S+)/.exec(output)?.[1];
  const wanted = /^\s*(\S+(?: \S+)?) depends on (.+)$/m.exec(output);
  const requested = /The user requested (?!\(constraint\))(\S+)/.exec(output)?.[1];
  if (installed === undefined) return undefined;
  const who =
    wanted === null
      ? `the manifest wants ${requested ?? "another version"}`
      : `${wanted[1]} wants ${wanted[2]?.trim()}`;
  return `constraints: expected to keep ${installed}, got a conflict: ${who}; nothing is installed`;
}

function conflictOfUv(output: string): string | undefined {
  const text = output.replaceAll(/\s+/g, " ");
  if (!text.includes("No solution found when resolving")) return undefined;
  const reason = /╰─▶ (.*?)(?: hint:|$)/.exec(text)?.[1] ?? "the packages do not fit together";
  return `constraints: expected packages that fit what is installed, got a conflict: ${reason.trim()}; nothing is installed`;
}
