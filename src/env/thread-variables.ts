import { integer, optional, type Type } from "./types.ts";

const MOST = 4096;
const number = integer(1, MOST);

/** A number of threads, or `off`. */
const threads: Type<number | "off"> = (given) => (given.toLowerCase() === "off" ? "off" : number(given));

/** What the runtime reads about thread pools. */
export const threadVariables = {
  AI_DOCK_THREADS: optional({
    type: threads,
    description:
      "Threads of pools (`OMP_NUM_THREADS`, `RAYON_NUM_THREADS`, …) that have no number of their own; or `off`",
    expected: `off or a number of threads from 1 to ${MOST}`,
    defaultText: "the cores that the container may use, where those are fewer than programs see",
  }),
};
