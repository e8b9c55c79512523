import { flag, integer, oneOf, optional, variable } from "./types.ts";
import { BOOLEAN } from "./web-variables.ts";

/** Which GPUs programs see. */
export const gpuCountVariables = {
  GPU_COUNT: optional({
    type: integer(0, 1024),
    description: "Limit the number of visible GPUs; 0 hides all",
    expected: "a number of GPUs from 0",
    defaultText: "all",
  }),
  GPU_COUNT_POLICY: variable<"first" | "free">({
    type: oneOf("first", "free"),
    fallback: "first",
    description:
      "Which GPUs GPU_COUNT leaves: the first ones, or those with the least memory and load in use at boot",
    expected: "first or free",
  }),
};

/** What is done when one is sick. */
export const gpuHealthVariables = {
  AI_DOCK_ON_GPU_LOSS: variable<"report" | "unhealthy" | "exit">({
    type: oneOf("report", "unhealthy", "exit"),
    fallback: "report",
    description:
      "What the loss of a GPU does besides a line in log and status: the health probe fails, or the container ends with 1",
    expected: "report, unhealthy or exit",
  }),
  AI_DOCK_GPU_EVENTS: variable<boolean>({
    type: flag,
    fallback: true,
    description: "Wait for error events (Xid) of NVIDIA's GPUs, by a process that holds them open",
    expected: BOOLEAN,
  }),
};
