export { findCycles } from "./cycles.ts";
export { DROP_IN_PATTERNS, type Loaded, type LoadOptions, loadPrograms } from "./load.ts";
export type { Problem } from "./problem.ts";
