import { ExitCode } from "../../errors.ts";
import { apply, type Applied } from "../../provision/apply.ts";
import { describeProblem, prepare } from "../../provision/prepare.ts";
import { control } from "../../control/client.ts";
import { orUndefinedWithoutSupervisor } from "../effective-environment.ts";
import { print, printJson } from "../print.ts";
import { INVALID, type Subject } from "./subject.ts";

const codes: Record<Applied["outcome"], number> = {
  done: ExitCode.ok,
  partly: ExitCode.partly,
  failed: ExitCode.failure,
  interrupted: ExitCode.failure,
};

/** `ai-dock provision apply`: does what the manifests ask for; resolves to the exit code. */
export async function applyManifest(subject: Subject): Promise<number> {
  const { env, given, json, signal, user } = subject;
  const say = (line: string) => (json ? process.stderr.write(`${line}\n`) : print(line));
  const prepared = await prepare(env, given, signal);
  if (prepared.problems.length > 0) {
    for (const problem of prepared.problems) say(describeProblem(problem));
    say("The manifest has mistakes: nothing is done");
    if (json) printJson({ outcome: "invalid", problems: prepared.problems });
    return INVALID;
  }
  if (prepared.items.length === 0) {
    say("Nothing to provision");
    return ExitCode.ok;
  }
  const applied = await apply(prepared, {
    env,
    signal,
    user,
    say,
    isComplete: given === undefined,
    ...(process.stderr.isTTY && process.stdout.isTTY ? { terminal: terminal() } : {}),
  });
  say(summary(applied));
  if (json) printJson(applied);
  if (applied.action !== "continue") await stopContainer(applied, say);
  return codes[applied.outcome];
}

function terminal() {
  return {
    write: (text: string) => void process.stdout.write(text),
    columns: process.stdout.columns,
  };
}

function summary({ outcome, items }: Applied): string {
  const count = (state: string) => items.filter((item) => item.state === state).length;
  const parts = [
    [count("done"), "done"],
    [count("unchanged"), "there already"],
    [count("failed"), "failed"],
    [count("skipped"), "not begun"],
    [count("off"), "off"],
  ].filter(([number]) => number !== 0);
  const text = parts.map(([number, word]) => `${number} ${word}`).join(", ");
  return outcome === "interrupted" ? `Interrupted, goes on at the next run: ${text}` : `Items: ${text}`;
}

/** The policy of the manifest: nothing is paid for in a container that is not as it should be. Only while it boots. */
async function stopContainer({ action }: Applied, say: (line: string) => unknown): Promise<void> {
  const status = await orUndefinedWithoutSupervisor(control.status());
  if (status?.phase !== "booting") return;
  say(`on_failure: the container is stopped${action === "destroy" ? " (to destroy it is left to you)" : ""}`);
  const reply = await control.rpc("getPID", []);
  if ("result" in reply) process.kill(Number(reply.result), "SIGTERM");
  else say(`on_failure: expected the supervisor to tell its pid, got: ${reply.fault.text}`);
}
