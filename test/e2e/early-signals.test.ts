import { expect, test } from "bun:test";
import { boot, waitFor } from "./harness.ts";

/**
 * Sends SIGTERM as soon as PID 1 is ai-dock with a second thread: Bun has started by then, no code of ours has. Where this
 * had no processor at that moment, the signal is late, and no "early" is said.
 */
const EARLY = `
early() {
  local status=
  until [[ $status == *ai-dock* && $status =~ Threads:[[:space:]]+[2-9] ]]; do read -rd "" status < /proc/1/status; done
  kill -TERM 1
  [[ -e /run/ai-dock ]] || echo early
}
early & exec /usr/local/bin/ai-dock init "$@"`;

test.each([[[]], [["--", "sleep", "1000"]]])(
  "a SIGTERM before the first line of our code stops the container, init %p",
  async (words) => {
    for (;;) {
      await using container = await boot({ entrypoint: "bash", cmd: ["-c", EARLY, "bash", ...words] });
      const stopped = async () => !(await container.state()).Running;
      await waitFor(stopped, { what: "the container to stop", detail: () => container.logs() });
      const log = await container.waitLog("init stopped");
      if (!/^early$/m.test(log)) continue;
      expect((await container.state()).ExitCode).toBe(0);
      return;
    }
  },
);
