import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../free-port.ts";

/** nginx, where scripts/test has found or brought one. */
export const NGINX = [
  "/usr/sbin/nginx",
  `${process.env["XDG_CACHE_HOME"] ?? `${process.env["HOME"] ?? ""}/.cache`}/ai-dock/nginx/usr/sbin/nginx`,
].find((path) => existsSync(path));

export interface Logged {
  status: number;
  sent: number;
  uri: string;
}

/**
 * Starts nginx on loopback with the given directives of `http` and of its one `server`, options of `listen`, and files of
 * its own below `www`. Disposal ends it.
 */
export async function startNginx(server: string, http = "", listen = "") {
  const directory = mkdtempSync(join(tmpdir(), "nginx-"));
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = `
    daemon off; master_process off; pid ${directory}/pid; error_log ${directory}/error.log;
    ${process.getuid?.() === 0 ? "user root;" : ""}
    events { worker_connections 512; }
    http {
      ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join("\n")}
      log_format sent '{"status": $status, "sent": $body_bytes_sent, "uri": "$uri"}';
      access_log ${directory}/access.log sent;
      default_type application/octet-stream; types { text/plain txt; }
      ${http}
      server { listen 127.0.0.1:${port} ${listen}; root ${directory}/www; ${server} }
    }`;
  writeFileSync(`${directory}/nginx.conf`, config);
  Bun.spawnSync(["mkdir", `${directory}/www`]);
  const child = Bun.spawn(
    [NGINX ?? "nginx", "-c", `${directory}/nginx.conf`, "-e", `${directory}/error.log`],
    {
      stdout: "ignore",
      stderr: "inherit",
    },
  );
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;
  while (child.exitCode === null && !(await isUp(url("/")))) await Bun.sleep(5);
  return {
    www: `${directory}/www`,
    url,
    /** What has been sent so far. */
    log: () =>
      readFileSync(`${directory}/access.log`, "utf8")
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Logged)
        .filter(({ uri }) => uri !== "/"),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function isUp(url: string): Promise<boolean> {
  return await fetch(url).then(
    () => true,
    () => false,
  );
}
