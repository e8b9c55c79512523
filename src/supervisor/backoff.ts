/** A process that stayed up that long is stable: its next crash is restarted at once again. */
export const STABLE_SECONDS = 60;

const FIRST_DELAY_SECONDS = 0.1;
const LONGEST_DELAY_SECONDS = 30;

/** Seconds before attempt `failures + 1` of a program that does not come up: 1, 2, 3, … as supervisord. */
export function startDelay(failures: number): number {
  return failures;
}

/** Seconds before a restart of a program that had come up: none at first, then doubling up to 30. */
export function restartDelay(crashesInARow: number): number {
  if (crashesInARow <= 1) return 0;
  return Math.min(FIRST_DELAY_SECONDS * 2 ** (crashesInARow - 2), LONGEST_DELAY_SECONDS);
}
