import type { SourceLocation } from "../../programs/problem.ts";

/** A value and where its key stands. */
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
  /** `[DEFAULT]`, which every section falls back on. */
  defaults: Section;
}

export function emptyDocument(): IniDocument {
  return { sections: new Map(), defaults: emptySection("DEFAULT", { file: "", line: 0 }) };
}

/** The section of that name, made when it is not there yet. */
export function openSection(document: IniDocument, name: string, place: SourceLocation): Section {
  if (name === "DEFAULT") return document.defaults;
  const known = document.sections.get(name);
  if (known !== undefined) return known;
  const section = emptySection(name, place);
  document.sections.set(name, section);
  return section;
}

/** A section that belongs to no document. */
export function emptySection(name: string, place: SourceLocation): Section {
  return { name, ...place, entries: new Map(), junk: [] };
}
