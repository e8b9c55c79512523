/** One thing that keeps a container from being idle. */
export interface Activity {
  source: string;
  /** What it is, for people; the same text as long as it is the same. */
  detail: string;
  /** False for what could not be measured: that counts, too. */
  measured: boolean;
}

/** Looks at one kind of activity: what has happened since the look before. The first look may only be a beginning. */
export interface Source {
  name: string;
  look: () => Activity[] | Promise<Activity[]>;
}

export const seen = (source: string, detail: string): Activity => ({ source, detail, measured: true });
export const unmeasured = (source: string, detail: string): Activity => ({
  source,
  detail,
  measured: false,
});

const LOADS = new Set(["cpu", "gpu", "transfer", "uploads"]);

/** True for what programs do by themselves; anything else takes somebody. */
export const isLoad = ({ source }: Activity): boolean => LOADS.has(source);

const MILLISECONDS_A_MINUTE = 60_000;

/** A clock for rates: milliseconds since the call before; undefined at the first. */
export function intervals(now: () => number = () => performance.now()): () => number | undefined {
  let last: number | undefined;
  return () => {
    const before = last;
    last = now();
    return before === undefined ? undefined : last - before;
  };
}

/** How much of a minute's amount counts in a time that may be shorter, but never below `least`. */
export function shareOf(amount: number, milliseconds: number, least: number): number {
  return Math.max(least, (amount * milliseconds) / MILLISECONDS_A_MINUTE);
}
