import { expect, test } from "bun:test";
import { boot } from "./harness.ts";

test("containers of one IPC namespace each have a supervisor of their own", async () => {
  const program = (name: string) => ({ [`${name}.conf`]: `[program:${name}]\ncommand=sleep 1000\n` });
  await using first = await boot({ user: "1000", more: ["--ipc", "shareable"], programs: program("first") });
  await first.waitReady();
  const more = ["--ipc", `container:${first.id}`];
  await using second = await boot({ user: "1000", more, programs: program("second") });
  await using third = await boot({ more, programs: program("third") });
  const sees = async (container: typeof first) =>
    (JSON.parse(await container.sh("ai-dock status --json")) as { name: string }[]).map(({ name }) => name);
  await Promise.all([second.waitReady(), third.waitReady()]);
  expect(await sees(second)).toContain("second");
  expect(await sees(third)).toContain("third");
  // The container may end before the command does.
  await second.exec(["supervisorctl", "shutdown"]);
  expect(await second.wait()).toBe(0);
  expect(await sees(first)).toContain("first");
});

test("a supervisor of another container is not asked", async () => {
  await using first = await boot({ user: "1000", more: ["--ipc", "shareable"] });
  await first.waitReady();
  // One that has ended, or not begun: its place in the shared memory is taken by the other one.
  const more = ["--ipc", `container:${first.id}`];
  await using second = await boot({ user: "1000", more, entrypoint: "sleep", cmd: ["1000"] });
  await second.sh(
    'ln -s /dev/shm/ai-dock-[0-9]* "/dev/shm/ai-dock-$(readlink /proc/self/ns/mnt | tr -dc 0-9)"',
  );
  const { code, stderr } = await second.exec(["ai-dock", "status"]);
  expect(stderr).toContain("No supervisor");
  expect(code).toBe(4);
});
