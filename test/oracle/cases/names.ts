import { type Case, programs } from "../case.ts";

const LITERAL = 'process_name=="%(program_name)s_%(process_num)s"';

export const nameCases: Case[] = [
  ...programs({
    "process name": "process_name=b",
    "process name with number": "process_name=%(program_name)s_%(process_num)02d\nnumprocs=3",
    "numbers from 5": "process_name=p%(process_num)d\nnumprocs=2\nnumprocs_start=5",
    "no processes": "numprocs=0",
    "no processes, without a command": "numprocs=0\ncommand=",
    "fewer than no processes": "numprocs=-1",
    "several without number": "numprocs=2",
    "several, number only in the group": "process_name=%(group_name)s\nnumprocs=2",
    "numprocs from the environment": "numprocs=%(ENV_COUNT)s\nprocess_name=p%(process_num)s",
    "numprocs from an unset variable": "numprocs=%(ENV_NOPE)s",
    "numprocs that is no number": "numprocs=two",
    "process name with space": "process_name=a b",
    "process name with colon": "process_name=a:b",
    "process name with slash": "process_name=a/b",
    "process name with unknown reference": "process_name=%(nope)s",
    "process name in single number": "process_name=x%(process_num)s",
    "hexadecimal process number": "process_name=p%(process_num)#x\nnumprocs=2\nnumprocs_start=15",
    "padded process number": "process_name=p%(process_num)-3d|\nnumprocs=1\nnumprocs_start=100",
    "signed process number": "process_name=p%(process_num)+04d\nnumprocs=2",
    "number of processes in the name": "process_name=%(process_num)s-of-%(numprocs)s\nnumprocs=2",
  }),
  { name: "program name with spaces around", files: "[program: a ]\ncommand=/bin/x\n" },
  { name: "program name with space", files: "[program:a b]\ncommand=/bin/x\n" },
  { name: "program name with slash", files: "[program:a/b]\ncommand=/bin/x\n" },
  { name: "program name with colon", files: "[program:a:b]\ncommand=/bin/x\n" },
  { name: "program name with dots and dashes", files: "[program:a.b-c_d@e]\ncommand=/bin/x\n" },
  ...programs({ "process name of the original image": LITERAL }, "quoted process_name"),
  ...programs({ "process names of the original image": `${LITERAL}\nnumprocs=2` }, "quoted process_name"),
  ...programs({ "slash that comes from a variable": "process_name=a%(ENV_WHERE)s" }, "unusable names"),
  ...programs({ "space that comes from a format": "process_name=p%(process_num)3d" }, "unusable names"),
  ...programs({ "name on two lines": "process_name=a\n  b" }, "unusable names"),
  ...programs({ "two names alike": "process_name=%(process_num).0s\nnumprocs=2" }, "unusable names"),
];
