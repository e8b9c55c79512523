import type { ItemLine, ProvisioningState } from "../../provision/progress/file.ts";

const isBad = ({ state }: ItemLine) => state === "failed" || state === "skipped";

/** What the last provisioning has failed at, in one line; undefined where there is nothing to say. */
export function provisioningNote(state: ProvisioningState | undefined): string | undefined {
  const bad = state?.items.filter(isBad) ?? [];
  if (bad.length === 0) return undefined;
  const word = ({ state: at }: ItemLine) => (at === "failed" ? "failed" : "not begun");
  const shown = bad
    .slice(0, MOST_NAMES)
    .map((item) => `${item.name} ${word(item)}${item.optional ? " (optional)" : ""}`);
  const more = bad.length > MOST_NAMES ? `, and ${bad.length - MOST_NAMES} more` : "";
  return `Provisioning: ${shown.join(", ")}${more}; see: ai-dock provision status`;
}

const MOST_NAMES = 5;
