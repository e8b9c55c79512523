import { expect, test } from "bun:test";
import { boot, PEERS_IMAGE, Terminal, waitFor } from "../harness.ts";

const programs = {
  "a.conf":
    "[program:web]\ncommand=sleep 1000\n[program:echo]\ncommand=sh -c 'while read -r line; do echo \"got $line\"; done'\nstartsecs=0\nredirect_stderr=true\n",
};

test("Debian's supervisorctl and Python's xmlrpc talk to our socket, which only root may open", async () => {
  await using container = await boot({ image: PEERS_IMAGE, programs });
  await container.waitReady();
  const ctl = (line: string) =>
    container.exec(["/usr/bin/supervisorctl", "-s", "unix:///run/supervisor.sock", ...line.split(" ")]);
  expect((await ctl("status web")).stdout).toMatch(/^web +RUNNING +pid \d+, uptime 0:00:\d\d\n$/);
  expect(await ctl("stop web")).toMatchObject({ stdout: "web: stopped\n", code: 0 });
  expect(await ctl("start web")).toMatchObject({ stdout: "web: started\n", code: 0 });
  expect(await ctl("reread")).toMatchObject({ stdout: "No config updates to processes\n", code: 0 });
  container.writeProgram("broken.conf", "[program:broken]\ncommand=true\nstartsecs=soon\n");
  const reread = await ctl("reread");
  expect(reread.stdout).toMatch(
    /^ERROR: CANT_REREAD: line 3: startsecs: .* in section 'program:broken' \(file: '.*broken\.conf'\)\n$/,
  );
  expect(reread.code).toBe(1);
  container.writeProgram("broken.conf", "");
  await container.exec(["/usr/bin/supervisorctl", "-s", "unix:///run/supervisor.sock", "fg", "echo"], {
    stdin: "hello\n",
  });
  await waitFor(async () => (await ctl("tail echo")).stdout === "got hello\n\n", { what: "the echo" });

  const script = `
from xmlrpc.client import ServerProxy, Fault
from supervisor.xmlrpc import SupervisorTransport
import os
server = ServerProxy("http://localhost", transport=SupervisorTransport(None, None, os.environ["SUPERVISOR_SERVER_URL"]))
print(server.supervisor.getState()["statename"], [p["name"] for p in server.supervisor.getAllProcessInfo()])
print(server.supervisor.stopProcess("web"), server.supervisor.getProcessInfo("web")["statename"], server.supervisor.startProcess("web", False))
try: server.supervisor.startProcess("nope")
except Fault as fault: print(fault.faultCode, fault.faultString)
print(server.system.multicall([{"methodName": "supervisor.getAPIVersion", "params": []}, {"methodName": "x", "params": []}]))
`;
  const portal = `[program:portal]\ncommand=python3 -c "exec(open('/tmp/portal.py').read())"\nautorestart=false\nstartsecs=0\n`;
  await container.sh("cat >/tmp/portal.py", { stdin: script });
  container.writeProgram("portal.conf", portal);
  await container.sh("ai-dock update");
  await container.waitLog("portal | [");
  expect(
    (await container.sh("cat /var/log/supervisor/portal.log /var/log/supervisor/portal.error.log")).split(
      "\n",
    ),
  ).toEqual([
    "RUNNING ['caddy', 'cloudflared', 'echo', 'portal', 'rclone_mount', 'sshd', 'storagemonitor', 'web']",
    "True STOPPED True",
    "10 BAD_NAME: nope",
    "['3.0', {'faultCode': 1, 'faultString': 'UNKNOWN_METHOD'}]",
  ]);
  expect(await container.sh("stat -Lc %a /run/supervisor.sock; ls -l /run/supervisor.sock | cut -c1")).toBe(
    "600\nl",
  );
  const stranger = await container.exec(
    ["curl", "--unix-socket", "/run/ai-dock/control.sock", "http://x/RPC2"],
    { user: "nobody" },
  );
  expect(stranger.code).not.toBe(0);
});

test("the prompt: on a terminal with completion and questions, and from a pipe", async () => {
  await using container = await boot({ programs });
  await container.waitReady();
  const piped = await container.exec(["supervisorctl"], { stdin: "\nversion\npid nope\nexit\nversion\n" });
  expect(piped.stdout).toContain("web ");
  expect(piped.stdout.match(/4\.2\.5/g)?.length).toBe(1);
  expect(piped.stdout).toContain("No such process nope");
  expect(piped.code).toBe(1);

  await using terminal = new Terminal([
    "docker",
    "exec",
    "-it",
    container.id,
    "supervisorctl",
    "-r",
    "/root/.ctl",
  ]);
  let prompts = 0;
  const prompt = () =>
    waitFor(() => terminal.output.split("supervisor> ").length === prompts + 2 && ++prompts, {
      what: "the next prompt",
      detail: () => terminal.output,
    });
  await prompt();
  terminal.write("stop we\t");
  await terminal.waitOutput("stop web ");
  terminal.write("\r");
  await terminal.waitOutput("web: stopped");
  await prompt();
  terminal.write("fg echo\r");
  await terminal.waitOutput("==> Press Ctrl-C to exit <==");
  terminal.write("hello\r");
  await terminal.waitOutput("got hello");
  terminal.write("\u0003");
  await terminal.waitOutput("Exiting foreground");
  await prompt();
  terminal.write("tail -f echo\r");
  await waitFor(() => terminal.output.split("Press Ctrl-C").length === 3, {
    what: "tail -f to follow",
    detail: () => terminal.output,
  });
  terminal.write("\u0003");
  await prompt();
  terminal.write("shutdown\r");
  await terminal.waitOutput("y/N?");
  terminal.write("n\r");
  await prompt();
  terminal.write("start web\rshutdown\rn\rstop web\r");
  await terminal.waitOutput(/web: started[^]*web: stopped/);
  expect(terminal.output.match(/web: \w+|y\/N\?/g)).toEqual([
    "web: stopped",
    "y/N?",
    "web: started",
    "y/N?",
    "web: stopped",
  ]);
  terminal.write("quit\r");
  expect(await terminal.exited).toBe(0);
  expect(await container.read("/root/.ctl")).toContain("stop web");
  expect((await container.state()).Running).toBe(true);
});
