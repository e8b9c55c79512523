import type { IniDocument, Section } from "./ini/document.ts";
import { quote, type Report } from "../programs/problem.ts";
import { GROUP_KEYS } from "./keys.ts";
import { JUNK_IGNORED, reportJunk } from "./junk.ts";
import { commonNames, type Surroundings } from "./names.ts";
import type { Seat } from "./program.ts";
import { SectionReader } from "./reader.ts";
import { reportUnknownKeys } from "./unknown-keys.ts";
import { commaList, integer, plainName } from "./values.ts";

const PREFIX = "group:";
const UNSUPPORTED = ["fcgi-program", "eventlistener"];

/** Which groups the `[group:x]` sections put each program section into; programs in none have one of their own. */
export function readSeats(
  document: IniDocument,
  report: Report,
  surroundings: Surroundings,
): Map<string, Seat[]> {
  const seats = new Map<string, Seat[]>();
  for (const section of document.sections.values()) {
    if (!section.name.startsWith(PREFIX)) continue;
    for (const [member, seat] of readGroup(section, document, report, surroundings)) {
      seats.set(member, [...(seats.get(member) ?? []), seat]);
    }
  }
  return seats;
}

/** The program sections that a group names, and its seat for them. */
function readGroup(
  section: Section,
  document: IniDocument,
  report: Report,
  surroundings: Surroundings,
): Map<string, Seat> {
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
  const names = commonNames(section, surroundings);
  const priority = reader.get("priority", names, integer, 999);
  const members = new Map<string, Seat>();
  for (const program of reader.get("programs", names, commaList, [])) {
    if (document.sections.has(`program:${program}`)) members.set(`program:${program}`, { group, priority });
    else if (UNSUPPORTED.some((kind) => document.sections.has(`${kind}:${program}`))) continue;
    else
      reader.complain("programs", "names of programs", quote(program), "that one is left out of the group");
  }
  return members;
}
