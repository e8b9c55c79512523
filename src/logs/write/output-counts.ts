/** What has become of the output of one stream of a program, over all its processes, in bytes. */
export class OutputCounts {
  /** Written by the program. */
  written = 0;
  /** Not shown in the container's output: its reader stalled, they came too fast, or a log file lost them. */
  skipped = 0;
}
