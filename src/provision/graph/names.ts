import { basename } from "node:path";
import { redactUrls } from "../../env/redact.ts";
import type { Work } from "./item.ts";

/** What an item is called that has no id of its own: the last word of its place. */
export function defaultName(work: Work): string {
  const word = placeOf(work)
    .replaceAll(/[^\w.+-]+/g, "-")
    .replaceAll(/^[-.+]+|-+$/g, "");
  return word === "" ? work.kind : word;
}

function placeOf(work: Work): string {
  switch (work.kind) {
    case "download": {
      const { url, dest } = work.spec;
      return basename(dest === undefined || dest.endsWith("/") ? (url.split(/[?#]/)[0] ?? url) : dest);
    }
    case "git":
      return basename(work.spec.dest);
    case "file":
      return basename(work.spec.path);
    case "service":
      return work.spec.name;
    case "extension":
      return work.spec.module;
    default:
      return work.kind;
  }
}

const LONGEST_LABEL = 100;

/** What messages call an item: what the item is about, in few words and without secrets. */
export function labelOf(work: Work): string {
  const text = redactUrls(descriptionOf(work)).replaceAll(/\s+/g, " ");
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL)}…` : text;
}

function descriptionOf(work: Work): string {
  switch (work.kind) {
    case "download":
      return work.spec.dest === undefined ? work.spec.url : `${work.spec.url} → ${work.spec.dest}`;
    case "git":
      return `${work.spec.url} → ${work.spec.dest}`;
    case "file":
      return work.spec.path;
    case "service":
      return `service ${work.spec.name}`;
    case "extension":
      return `extension ${work.spec.module}`;
    case "command":
      return work.spec.command;
    case "apt":
      return work.spec.packages.join(" ");
    default:
      return [work.spec.packages ?? [], "requirements" in work.spec ? (work.spec.requirements ?? []) : []]
        .flat()
        .join(" ");
  }
}
