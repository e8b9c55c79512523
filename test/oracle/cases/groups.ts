import type { Case } from "../case.ts";

const A = "[program:a]\ncommand=/bin/x\npriority=7\n";
const B = "[program:b]\ncommand=/bin/y %(group_name)s\n";

export const groupCases: Case[] = [
  { name: "group", files: `${A}${B}[group:g]\nprograms=a,b\npriority=5\n` },
  { name: "group before its programs", files: `[group:g]\nprograms=b, a\n${A}${B}` },
  { name: "group of one", files: `${A}${B}[group:g]\nprograms=b\n` },
  { name: "group over several lines", files: `${A}${B}[group:g]\nprograms=a,\n  b\n` },
  { name: "group without programs", files: `${A}[group:g]\npriority=1\n` },
  { name: "group with no programs", files: `${A}[group:g]\nprograms=\n` },
  {
    name: "group of numbered processes",
    files: `[group:g]\nprograms=n\n[program:n]\ncommand=/bin/x\nnumprocs=2\nprocess_name=%(group_name)s%(process_num)d\n`,
  },
  { name: "program in two groups", files: `${A}[group:g]\nprograms=a\n[group:h]\nprograms=a\npriority=3\n` },
  { name: "group and program of one name", files: `${A}${B}[group:a]\nprograms=b\n` },
  {
    name: "group from the environment",
    files: `${A}${B}[group:g]\nprograms=%(ENV_MEMBERS)s\n`,
    env: { MEMBERS: "a,b" },
  },
  { name: "group with an unknown program", files: `${A}[group:g]\nprograms=a,nope\n` },
  { name: "group with a trailing comma", files: `${A}[group:g]\nprograms=a,\n` },
  { name: "group with a wrong priority", files: `${A}[group:g]\nprograms=a\npriority=high\n` },
  { name: "group name with space", files: `${A}[group:g h]\nprograms=a\n` },
  { name: "group with junk", files: `${A}[group:g]\nprograms=a\njunk\n` },
  { name: "group with unknown key", files: `${A}[group:g]\nprograms=a\nfoo=bar\n` },
  {
    name: "group in another file",
    files: { "10.conf": "[group:g]\nprograms=a,b\n", "20.conf": A, "30.conf": B },
  },
  { name: "order by priority and name", files: `${B}${A}[program:c]\ncommand=/bin/z\npriority=-1\n` },
  {
    name: "program twice in a group",
    files: `${A}[group:g]\nprograms=a,a\n`,
    differs: "same name twice",
  },
  {
    name: "event listener",
    files: `${A}[eventlistener:e]\ncommand=/bin/x\nevents=TICK_5\n`,
    differs: "foreign sections",
  },
  {
    name: "FastCGI program",
    files: `${A}[fcgi-program:f]\ncommand=/bin/x\nsocket=unix:///tmp/s\n`,
    differs: "foreign sections",
  },
];
