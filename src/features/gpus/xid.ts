export interface XidMeaning {
  /** `info`: of a program on the GPU; `warning`: of the GPU, which goes on; `error`: the GPU should not be used any more. */
  severity: "info" | "warning" | "error";
  /** The GPU does nothing any more until it is reset, which a container cannot do. */
  isLoss: boolean;
  /** What happened, and what to do. */
  text: string;
}

type Entry = [codes: number[], what: string];

const RESTART =
  "restart the program; where other programs have it too, the GPU is to blame: rent another machine";
const RESET =
  "stop using this machine and rent another one; on one of your own: reset the GPU or reboot, and replace the GPU where it comes back";

/** Mistakes of a program: the GPU has ended its work and goes on. */
const OF_PROGRAMS: Entry[] = [
  [[13], "a program made a mistake on the GPU, such as an index out of bounds (graphics engine exception)"],
  [[31], "a program reached for memory of the GPU that it does not have (page fault)"],
  [[8, 43, 44], "the GPU has ended the work of a program after an error of that program"],
  [[11, 25, 32, 69, 80], "a program sent commands that the GPU cannot run"],
  [[37, 38, 66, 67], "an error of the driver with a program"],
  [
    [39, 40, 41, 70, 71, 72, 75, 76, 77, 85, ...range(126, 135)],
    "an error of a copy engine in the work of a program",
  ],
  [
    [60, 68, 82, 83, 84, 86, 88, 89, ...range(96, 105), 139],
    "an error of a video unit in the work of a program",
  ],
  [[137], "a program reached over NVLink for memory that it may not use"],
];

/** The GPU goes on; what comes next may be worse. */
const OF_THE_GPU: [...Entry, fix: string][] = [
  [
    [63, 156],
    "a bad part of the memory will be replaced by a spare one",
    "no reason to stop; it takes effect when the GPU is reset",
  ],
  [[92], "the memory corrects many single errors", "rent another machine where it goes on"],
  [[93], "the infoROM of the GPU is worn out", "rent another machine for longer work"],
  [
    [94],
    "an error of memory that could not be corrected has hit one program, and no other one (contained)",
    "restart the program; rent another machine where it comes back",
  ],
  [
    [61],
    "an internal controller of the GPU has reported a fault",
    "rent another machine where it comes back",
  ],
  [
    [121],
    "an error of the link between processor and GPU was corrected",
    "rent another machine where it comes back",
  ],
  [[160, 161], "a channel of the memory was given up", "rent another machine for longer work"],
];

/** The GPU should not be used before a reset. */
const BROKEN: Entry[] = [
  [[46], "the GPU stopped working on what it was given"],
  [[48], "an error of memory that could not be corrected (double bit ECC error)"],
  [[54], "a power cable of the GPU is not attached"],
  [[64, 157], "a bad part of the memory could not be replaced by a spare one"],
  [[74, 136, ...range(144, 150), 155], "an error of NVLink, the connection between GPUs"],
  [[109], "the GPU did not change over to another program in time"],
  [[110], "a fault of the GPU's protection (security fault)"],
  [[140], "errors of memory that the GPU could not recover from"],
  [[151], "an error of confidential computing (key rotation)"],
  [[154], "the driver wants a reset of the GPU, or of the machine, after another error"],
];

/** The GPU is gone until then. */
const LOST: Entry[] = [
  [[62, 169], "an internal controller of the GPU has halted"],
  [[79], "the GPU has fallen off its bus"],
  [
    [95],
    "an error of memory that could not be corrected may have hit every program on the GPU (uncontained)",
  ],
  [[119], "the processor of the GPU (GSP) does not answer"],
  [[120], "the processor of the GPU (GSP) has failed"],
  [[143], "the GPU could not be initialized"],
  [[158, 167], "the GPU did not answer in time, and cannot go on"],
];

/**
 * What an error event of NVIDIA's driver (Xid) means for who uses the GPU. From NVIDIA's "Xid Catalog", its descriptions and
 * immediate actions (https://docs.nvidia.com/deploy/xid-errors/analyzing-xid-catalog.html).
 */
export function meaningOfXid(code: number): XidMeaning {
  if (code === 45)
    return {
      severity: "info",
      isLoss: false,
      text: "the GPU has cleared the work of a program that was killed, or that another error has hit; look for that one",
    };
  const find = <Found extends Entry>(entries: Found[]) => entries.find(([codes]) => codes.includes(code));
  const program = find(OF_PROGRAMS);
  if (program !== undefined) return { severity: "info", isLoss: false, text: `${program[1]}; ${RESTART}` };
  const gpu = OF_THE_GPU.find(([codes]) => codes.includes(code));
  if (gpu !== undefined) return { severity: "warning", isLoss: false, text: `${gpu[1]}; ${gpu[2]}` };
  const broken = find(BROKEN);
  if (broken !== undefined) return { severity: "error", isLoss: false, text: `${broken[1]}; ${RESET}` };
  const lost = find(LOST);
  if (lost !== undefined) return { severity: "error", isLoss: true, text: `${lost[1]}; ${RESET}` };
  return { severity: "warning", isLoss: false, text: "ai-dock does not know it; see NVIDIA's Xid catalog" };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
