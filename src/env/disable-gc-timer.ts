/** Bun looks for garbage every second, busy or not, unless it starts with this variable. */
const VARIABLE = "BUN_GC_TIMER_DISABLE";
/** Tells our own setting from a user's, which programs are to get. */
const OURS = "ai-dock";

/** True when this process was started with the timer off; our own setting is then taken out of the environment. */
export function takeQuietStart(): boolean {
  const value = process.env[VARIABLE];
  if (value === OURS) delete process.env[VARIABLE];
  return value !== undefined;
}

/** The environment of this process with the timer off. */
export function quietEnvironment(): Record<string, string> {
  const { env } = process;
  return { ...(env as Record<string, string>), [VARIABLE]: OURS };
}
