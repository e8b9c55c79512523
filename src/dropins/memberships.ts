import type { IniDocument, Section } from "./ini-document.ts";
import { quote, type Report } from "../programs/problem.ts";
import { GROUP_KEYS, JUNK_IGNORED, reportJunk, reportUnknownKeys } from "./known-keys.ts";
import { commonVariables, type ExpansionContext } from "./variables.ts";
import type { Membership } from "./program.ts";
import { SectionReader } from "./reader.ts";
import { commaList, integer, plainName } from "./values.ts";

const PREFIX = "group:";
const UNSUPPORTED = ["fcgi-program", "eventlistener"];

/** Reads `[group:x]` sections: for each program section the groups with that program. A program in none is its own group. */
export function readMemberships(
  document: IniDocument,
  report: Report,
  context: ExpansionContext,
): Map<string, Membership[]> {
  const memberships = new Map<string, Membership[]>();
  for (const section of document.sections.values()) {
    if (!section.name.startsWith(PREFIX)) continue;
    for (const [member, membership] of readGroup(section, document, report, context)) {
      memberships.set(member, [...(memberships.get(member) ?? []), membership]);
    }
  }
  return memberships;
}

/** Reads one group: its program sections, and the membership that each of them gets. */
function readGroup(
  section: Section,
  document: IniDocument,
  report: Report,
  context: ExpansionContext,
): Map<string, Membership> {
  const { name: header, file, line } = section;
  const about = { severity: "error", file, line, section: header } as const;
  const consequence = "the key is ignored";
  const reader = new SectionReader(section, document, report, consequence);
  reportJunk(section, report, JUNK_IGNORED);
  reportUnknownKeys(section, GROUP_KEYS, report);

  const group = header.slice(PREFIX.length).trim();
  try {
    plainName(group);
  } catch {
    const expected = "a group name without space, colon or slash";
    report({ ...about, value: group, expected, text: "its programs are on their own" });
    return new Map();
  }
  const names = commonVariables(section, context);
  const priority = reader.get("priority", names, integer, 999);
  const members = new Map<string, Membership>();
  for (const program of reader.get("programs", names, commaList, [])) {
    if (document.sections.has(`program:${program}`)) members.set(`program:${program}`, { group, priority });
    else if (UNSUPPORTED.some((kind) => document.sections.has(`${kind}:${program}`))) continue;
    else reader.complain("programs", "names of programs", quote(program), "it is left out of the group");
  }
  return members;
}
