import type { SourceLocation } from "../programs/problem.ts";

/** A value, and the place of its key. */
export interface Entry extends SourceLocation {
  value: string;
}

export interface Section extends SourceLocation {
  name: string;
  entries: Map<string, Entry>;
  /** Lines that are neither a key nor a header nor a comment. */
  junk: (SourceLocation & { text: string })[];
}

/** All configuration files, merged: a later key of a section overrides an earlier one. */
export interface IniDocument {
  /** In the order of their first headers. */
  sections: Map<string, Section>;
  /** `[DEFAULT]`: fallback of every section. */
  defaults: Section;
}

export function emptyDocument(): IniDocument {
  return { sections: new Map(), defaults: emptySection("DEFAULT", { file: "", line: 0 }) };
}

/** Returns the section of that name, and makes a missing one. */
export function openSection(document: IniDocument, name: string, place: SourceLocation): Section {
  if (name === "DEFAULT") return document.defaults;
  const known = document.sections.get(name);
  if (known !== undefined) return known;
  const section = emptySection(name, place);
  document.sections.set(name, section);
  return section;
}

/** Makes a section outside of any document. */
export function emptySection(name: string, place: SourceLocation): Section {
  return { name, ...place, entries: new Map(), junk: [] };
}
