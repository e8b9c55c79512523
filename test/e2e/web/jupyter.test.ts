import { once } from "node:events";
import { expect, test } from "bun:test";
import { boot, waitFor } from "../harness.ts";

const TOKEN = "s3cret-token";
/** A hundred packages of Debian and a Python that starts. */
const INSTALL_MILLISECONDS = 10 * 60_000;
const HEADERS = { Authorization: `Bearer ${TOKEN}` };

/**
 * Jupyter's own login is off: ours stands in front. Debian's version waits a minute in vain for a kernel to tell of itself
 * before it opens a websocket, with a proxy in front or without.
 */
const notebook = `[program:jupyter]
command=jupyter-notebook --allow-root --no-browser --ip=127.0.0.1 --port=18888 --NotebookApp.token= --NotebookApp.password= --NotebookApp.allow_remote_access=True --MappingKernelManager.kernel_info_timeout=1
web_port=8888
web_listen_port=18888
web_name=Jupyter
ready=tcp:18888
`;

/** What Jupyter's messaging protocol has around a piece of code. */
function executeRequest(code: string): string {
  const header = {
    msg_id: crypto.randomUUID(),
    username: "",
    session: "s",
    msg_type: "execute_request",
    version: "5.3",
  };
  const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  return JSON.stringify({ header, parent_header: {}, metadata: {}, content, channel: "shell" });
}

test(
  "Jupyter of Debian's packages runs a cell over its websocket, behind the login",
  async () => {
    await using container = await boot({ env: { WEB_TOKEN: TOKEN }, programs: {} });
    await container.waitReady();
    await container.sh(
      "apt-get -qq update && apt-get -qq install -y --no-install-recommends jupyter-notebook python3-ipykernel >/dev/null",
    );
    container.writeProgram("jupyter.conf", notebook);
    await container.sh("ai-dock update");
    const base = `http://${await container.ip()}:8888`;
    await waitFor(
      async () => (await fetch(`${base}/api/status`, { headers: HEADERS }).catch(() => undefined))?.ok,
      {
        what: "Jupyter behind the login",
        detail: () => container.logs(),
        limit: 180_000,
      },
    );
    expect((await fetch(`${base}/api/status`)).status).toBe(401);
    // Jupyter's own cookie and header against foreign requests go through.
    const page = await fetch(`${base}/tree`, { headers: HEADERS });
    const [, xsrf = ""] = /_xsrf=([^;]+)/.exec(page.headers.get("set-cookie") ?? "") ?? [];
    const headers = { ...HEADERS, Cookie: `_xsrf=${xsrf}`, "X-XSRFToken": xsrf };
    const started = await fetch(`${base}/api/kernels`, { method: "POST", headers, body: "{}" });
    expect(started.status).toBe(201);
    const { id } = (await started.json()) as { id: string };
    const address = `${base.replace("http", "ws")}/api/kernels/${id}/channels`;
    const refused = new WebSocket(address);
    expect(((await Promise.race([once(refused, "open"), once(refused, "error")])) as [Event])[0].type).toBe(
      "error",
    );
    const socket = new WebSocket(address, { headers: HEADERS } as unknown as string[]);
    await once(socket, "open");
    const { promise, resolve } = Promise.withResolvers<string>();
    socket.addEventListener("message", ({ data }) => {
      const { msg_type, content } = JSON.parse(String(data)) as {
        msg_type: string;
        content: { text?: string };
      };
      if (msg_type === "stream" && content.text !== undefined) resolve(content.text);
    });
    // What a kernel says while it still starts may come before anybody listens.
    const send = () => socket.send(executeRequest("print(6 * 7)"));
    send();
    const again = setInterval(send, 5000);
    expect(await promise).toBe("42\n");
    clearInterval(again);
    socket.close();
  },
  INSTALL_MILLISECONDS,
);
