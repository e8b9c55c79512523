import { optional, text, type Type, variable } from "./types.ts";

/** What ends an idle container; the words behind `exec:` are a command. */
export type IdleAction = "report" | "exit" | "vast" | "runpod" | `exec:${string}`;

const WORDS = ["report", "exit", "vast", "runpod"] as const;

const action: Type<IdleAction> = (given) => {
  const [, command] = /^exec:\s*(\S.*)$/is.exec(given) ?? [];
  return command === undefined ? WORDS.find((word) => word === given.toLowerCase()) : `exec:${command}`;
};

/** A number with or without a fraction. */
const decimal =
  (minimum: number, maximum: number): Type<number> =>
  (given) => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(given) ? Number(given) : NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  };

/** 0 stands for `off`. */
const orOff =
  (type: Type<number>): Type<number> =>
  (given) =>
    given.toLowerCase() === "off" ? 0 : type(given);

const LONGEST_MINUTES = 525_600;
const LONGEST_HOURS = 8760;

const isHttp = (given: string) => URL.canParse(given) && /^https?:$/.test(new URL(given).protocol);

/** What the runtime reads about containers that nobody uses. */
export const idleVariables = {
  AI_DOCK_IDLE_MINUTES: variable({
    type: orOff(decimal(0, LONGEST_MINUTES)),
    fallback: 0,
    description: "Minutes without activity after which `AI_DOCK_IDLE_ACTION` is carried out; 0 for never",
    expected: `a number of minutes from 0, which is never, to ${LONGEST_MINUTES}`,
  }),
  AI_DOCK_MAX_HOURS: variable({
    type: orOff(decimal(0, LONGEST_HOURS)),
    fallback: 0,
    description: "Hours after which `AI_DOCK_IDLE_ACTION` is carried out, idle or not; 0 for never",
    expected: `a number of hours from 0, which is never, to ${LONGEST_HOURS}`,
  }),
  AI_DOCK_IDLE_ACTION: variable<IdleAction>({
    type: action,
    fallback: "report",
    description:
      "What then happens: `report` says so, `exit` ends the container with 0, `vast` and `runpod` have the cloud stop it, `exec:COMMAND` runs a command as root",
    expected: "report, exit, vast, runpod or exec:COMMAND",
  }),
  AI_DOCK_IDLE_WARNING: variable({
    type: decimal(0, LONGEST_MINUTES),
    fallback: 5,
    description:
      "Minutes before that, in which terminals, portal, log and webhook warn; at most half of the limit",
    expected: `a number of minutes from 0 to ${LONGEST_MINUTES}`,
  }),
  AI_DOCK_IDLE_CPU: variable({
    type: orOff(decimal(0, 1_000_000)),
    fallback: 10,
    description:
      "Percent of one core that count as activity, on average between two looks; `off` leaves processors out",
    expected: "off or a percentage of one core from 0 to 1000000",
  }),
  AI_DOCK_IDLE_GPU: variable({
    type: orOff(decimal(0, 100)),
    fallback: 5,
    description: "Percent of load of one GPU that count as activity; `off` leaves GPUs out",
    expected: "off or a percentage from 0 to 100",
  }),
  AI_DOCK_IDLE_TRAFFIC: variable({
    type: decimal(1, 1_000_000_000),
    fallback: 16,
    description: "KiB a minute on one connection that count as activity",
    expected: "a number of KiB from 1",
  }),
  AI_DOCK_IDLE_CHECK: optional({
    type: text,
    description:
      "Command that is asked as well, as the account where there is one: exit code 0 means activity",
    expected: "a command",
  }),
  AI_DOCK_WEBHOOK: optional({
    type: (given) => (isHttp(given) ? given : undefined),
    description: "URL that is told of the warning and of what follows, as JSON by POST",
    expected: "an http(s) URL",
    secret: true,
  }),
};
