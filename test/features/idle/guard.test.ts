import { describe, expect, setSystemTime, test } from "bun:test";
import { type Activity, seen } from "../../../src/features/idle/activity/activity.ts";
import type { Outcome } from "../../../src/features/idle/act.ts";
import type { Limits } from "../../../src/features/idle/clock.ts";
import { IdleGuard } from "../../../src/features/idle/guard.ts";
import type { Policy } from "../../../src/features/idle/policy.ts";
import { Teller, type Told } from "../../../src/features/idle/tell.ts";

const limits: Limits = { idle: 800, life: undefined, warning: 400 };

interface WorldOptions {
  limits?: Partial<Limits>;
  action?: Policy["action"] & Policy["kind"];
  look?: () => Activity[] | Promise<Activity[]>;
  now?: () => number;
  act?: (signal: AbortSignal) => Promise<Outcome>;
  /** What the webhook takes to answer. */
  hook?: () => Promise<unknown>;
}

/** A guard whose limits are parts of a second, with all that it tells. */
function world({ action = "exit", act = async () => "end", ...given }: WorldOptions = {}) {
  const lines: string[] = [];
  const notices = new Map<string, string>();
  const hooks: Told[] = [];
  const use = { now: [] as Activity[] };
  let policy: Policy | undefined = {
    limits: { ...limits, ...given.limits },
    interval: 200,
    action,
    kind: action,
  };
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const teller = new Teller({
    notices: {
      set: (id, { message }) => void notices.set(id, message),
      delete: (id) => void notices.delete(id),
    },
    log: { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") },
    env: {},
    webhook: () => undefined,
    terminals: (line) => void lines.push(`terminals ${line}`),
  });
  teller.webhook = async (told) => {
    hooks.push(told);
    await given.hook?.();
  };
  const tell = teller.terminals.bind(teller);
  let onTerminals = () => undefined as void;
  teller.terminals = (message) => {
    onTerminals();
    tell(message);
  };
  const ended = Promise.withResolvers<string>();
  const guard = new IdleGuard(policy, {
    policy: () => policy,
    sources: [{ name: "test", look: given.look ?? (() => use.now) }],
    teller,
    act: async (_policy, _why, signal) => await act(signal),
    endContainer: ended.resolve,
    onChange: () => undefined,
    ...(given.now === undefined ? {} : { now: given.now }),
  });
  guard.begin();
  return {
    guard,
    lines,
    notices,
    hooks,
    use,
    ended: ended.promise,
    set policy(next: Policy | undefined) {
      policy = next;
    },
    set onTerminals(next: () => void) {
      onTerminals = next;
    },
    until: async (phase: string) => {
      while (guard.state.phase !== phase) await Bun.sleep(5);
    },
    [Symbol.dispose]: () => guard.end(),
  };
}

describe("a guard", () => {
  test("warns, tells what is left, and ends the container", async () => {
    using one = world();
    const began = performance.now();
    await one.until("warning");
    expect(one.notices.get("idle")).toMatch(
      /^Nobody uses this container: the container ends in \d s; any activity/,
    );
    expect(one.guard.state.ends?.at).toBeWithin(Date.now(), Date.now() + 450);
    expect(await one.ended).toBe("idle");
    expect(performance.now() - began).toBeWithin(780, 10_000);
    expect(one.hooks.map(({ event }) => event)).toEqual(["idle_warning", "idle_end"]);
    expect(one.lines.map((line) => line.split(":")[0])).toEqual([
      "warn Nobody uses this container",
      "terminals *** ai-dock",
      "warn nobody has used this container for 1 s",
      "terminals *** ai-dock",
    ]);
  });

  test("stays with any activity in the countdown, and begins anew", async () => {
    using one = world();
    await one.until("warning");
    one.use.now = [seen("ssh", "ssh session from 203.0.113.7")];
    await one.until("busy");
    expect(one.notices.size).toBe(0);
    expect(one.lines.at(-2)).toBe("info the container stays: ssh session from 203.0.113.7");
    const [activity] = one.guard.state.busy;
    const since = activity?.since;
    await Bun.sleep(500);
    expect(one.guard.state.busy[0]?.since).toBe(since ?? 0);
    one.use.now = [];
    await one.ended;
    expect(one.hooks.map(({ event }) => event)).toEqual([
      "idle_warning",
      "idle_kept",
      "idle_warning",
      "idle_end",
    ]);
  });

  test("does not follow the time of day", async () => {
    using one = world();
    const began = performance.now();
    try {
      setSystemTime(new Date(Date.now() + 400 * 86_400_000));
      await one.until("warning");
      setSystemTime(new Date(0));
      expect(await one.ended).toBe("idle");
      expect(performance.now() - began).toBeWithin(780, 10_000);
    } finally {
      setSystemTime();
    }
  });

  test("counts a pause in the middle of a look", async () => {
    let paused = 0;
    using one = world({
      now: () => performance.now() + paused,
      async look() {
        await Bun.sleep(20);
        paused ||= 3_600_000;
        return [];
      },
    });
    while (one.guard.state.busy.length === 0) await Bun.sleep(5);
    expect(one.guard.state.busy).toMatchObject([
      { source: "pause", detail: "paused for 60 min, which counts as activity" },
    ]);
    expect(one.lines).toEqual([]);
  });

  test("counts a look that fails", async () => {
    using one = world({
      look: () => {
        throw new Error("no such thing");
      },
    });
    await one.until("busy");
    await Bun.sleep(1200);
    expect(one.guard.state.busy).toMatchObject([
      { source: "test", detail: "test: no such thing", measured: false },
    ]);
    expect(one.lines).toEqual([]);
  });

  test("names no more than some of what thousands of strangers do", async () => {
    const strangers = Array.from({ length: 20_000 }, (_, n) =>
      seen("port", `connection from 2001:db8::${n}`),
    );
    using one = world({ look: () => strangers });
    const isNamed = ({ detail }: { detail: string }) => detail === "and 19980 more";
    while (!one.guard.state.busy.some(isNamed)) await Bun.sleep(5);
    expect(one.guard.state.busy).toHaveLength(21);
  });

  test("is kept for a time, and no more", async () => {
    using one = world();
    expect(one.guard.keep(60_000).kept_until).toBeWithin(Date.now() + 59_000, Date.now() + 61_000);
    await Bun.sleep(1000);
    expect(one.guard.state).toMatchObject({ phase: "busy", busy: [{ source: "keep" }] });
    expect(one.guard.keep(null).kept_until).toBeNull();
    expect(await one.ended).toBe("idle");
  });

  test("gives its action up where somebody comes back meanwhile", async () => {
    const aborted = Promise.withResolvers<void>();
    using one = world({
      async act(signal) {
        signal.addEventListener("abort", () => aborted.resolve());
        await aborted.promise;
        return "end";
      },
    });
    await one.until("acting");
    one.use.now = [seen("terminal", "typing on pts/0")];
    await aborted.promise;
    await one.until("busy");
    expect(one.hooks.at(-1)).toMatchObject({
      event: "idle_kept",
      message: "the container stays: typing on pts/0",
    });
    // The answer of what was given up is no end.
    expect(await Promise.race([one.ended, Bun.sleep(300).then(() => "stays")])).toBe("stays");
  });

  test("takes the load of its own action for no use of the container", async () => {
    let runs = 0;
    using one = world({
      action: "vast",
      async act(signal) {
        runs++;
        one.use.now = [
          seen("cpu", "processors"),
          seen("transfer", "rclone"),
          seen("uploads", "uploads wait"),
        ];
        await Promise.race([
          Bun.sleep(600),
          new Promise((resolve) => signal.addEventListener("abort", resolve)),
        ]);
        if (signal.aborted) return "nothing";
        // The next look hears of the time until now.
        setTimeout(() => (one.use.now = []), 60);
        return "over";
      },
    });
    await one.until("reported");
    await Bun.sleep(1000);
    expect([runs, one.guard.state.phase]).toEqual([1, "reported"]);
    expect(one.hooks.map(({ event }) => event)).toEqual(["idle_warning", "idle_end"]);
    // Later load is use again.
    one.use.now = [seen("cpu", "processors")];
    await one.until("busy");
  });

  test("promises to keep nothing that ends already", async () => {
    using one = world();
    await one.ended;
    expect(() => one.guard.keep(60_000)).toThrow("Too late: the container ends");
    expect(one.lines.filter((line) => /kept|stays/.test(line))).toEqual([]);
    expect(one.guard.state.phase).toBe("acting");
  });

  test("names the end of a lifetime that does not come for now", async () => {
    using one = world({
      limits: { idle: undefined, life: 2000 },
      act: async (signal) =>
        await new Promise((resolve) => signal.addEventListener("abort", () => resolve("nothing"))),
    });
    await one.until("acting");
    one.use.now = [seen("provisioning", "ai-dock provision runs")];
    await one.until("busy");
    expect(one.hooks.at(-1)).toMatchObject({ event: "idle_kept", why: "lifetime" });
  });

  test("says an end once, and again only after activity", async () => {
    using one = world({ action: "report", act: async () => "over", limits: { warning: 0 } });
    await one.until("reported");
    expect(one.notices.get("idle")).toContain("AI_DOCK_IDLE_ACTION=report leaves it running");
    await Bun.sleep(1000);
    expect(one.hooks.map(({ event }) => event)).toEqual(["idle_report"]);
    one.use.now = [seen("cpu", "processors")];
    await one.until("busy");
    expect(one.notices.size).toBe(0);
    one.use.now = [];
    await one.until("reported");
    expect(one.hooks).toHaveLength(2);
  });

  test("ends a lifetime in use", async () => {
    using one = world({ limits: { idle: undefined, life: 800 } });
    one.use.now = [seen("gpu", "GPU 0")];
    one.guard.keep(60_000);
    expect(await one.ended).toBe("lifetime");
    expect(one.lines[1]).toMatch(/^warn This container is at the end of its 1 s: .*AI_DOCK_MAX_HOURS/);
  });

  test("an action that throws ends the container; a webhook that answers late is waited for", async () => {
    let isTold = false;
    using one = world({
      act: async () => {
        throw new Error("EAGAIN: no process can be started");
      },
      hook: async () => {
        await Bun.sleep(200);
        isTold = true;
      },
    });
    expect(await one.ended).toBe("idle");
    expect(isTold).toBe(true);
    expect(one.lines).toContain(
      "error AI_DOCK_IDLE_ACTION: EAGAIN: no process can be started; the container ends",
    );
  });

  test("a bug of the guard itself ends nothing, and looks go on", async () => {
    using one = world();
    let fails = 2;
    one.onTerminals = () => {
      if (fails-- > 0) throw new Error("a bug");
    };
    expect(await one.ended).toBe("idle");
    expect(one.lines).toContain("error a look has failed: a bug");
  });

  test("without limits looks no more", async () => {
    let looks = 0;
    using one = world({
      look: () => {
        looks++;
        return [];
      },
    });
    await Bun.sleep(300);
    one.policy = undefined;
    const before = looks;
    await Bun.sleep(1000);
    expect(looks).toBe(before);
  });
});
