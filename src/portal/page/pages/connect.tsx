import { useState } from "preact/hooks";
import { Copy } from "../parts/copy.tsx";
import { useLoaded } from "../parts/use-loaded.ts";
import { type Service, useLive } from "../store.ts";

export function Connect() {
  const { state } = useLive();
  if (state === undefined) return <p class="hint">Loading …</p>;
  const apps = state.services.filter(({ kind }) => kind === "app");
  return (
    <div class="sections">
      <section class="card">
        <h2>ssh</h2>
        {state.ssh === null ? (
          <p>
            No ssh server runs. Set <code>SSH_PUBKEY</code> to your public key; the page “Programs” says why
            it does not run.
          </p>
        ) : (
          <Ssh {...state.ssh} apps={apps} />
        )}
      </section>
      <Api />
      <section class="card">
        <h2>Tunnels</h2>
        <Tunnels services={state.services} />
      </section>
    </div>
  );
}

interface SshProps {
  host: string;
  port: number;
  user: string;
  apps: Service[];
}

function Ssh({ host, port, user, apps }: SshProps) {
  const login = `ssh -p ${port} ${user}@${host}`;
  const [app] = apps;
  const local = app ?? { port: 8188, appPort: 18188, appHost: "localhost", name: "an app" };
  const forward = `ssh -p ${port} -N -L ${local.port}:${local.appHost}:${local.appPort} ${user}@${host}`;
  return (
    <>
      <Line label="Log in" text={login} />
      <Line label={`Open ${local.name} as http://localhost:${local.port}`} text={forward} />
      <Line label="Copy a file to here" text={`scp -P ${port} FILE ${user}@${host}:/workspace/`} />
    </>
  );
}

function Api() {
  const { value } = useLoaded<{ token: string | null }>("/token");
  const [shown, setShown] = useState(false);
  const token = value?.token ?? null;
  const example = `curl -H "Authorization: Bearer $WEB_TOKEN" ${location.origin}/api/v1/state`;
  return (
    <section class="card">
      <h2>API</h2>
      {token === null ? (
        <p>The login is off, so that no token is needed.</p>
      ) : (
        <>
          <p>The token works on every guarded port, for apps as for this API.</p>
          <div class="line">
            <span class="kind">Token</span>
            <code>{shown ? token : "•".repeat(16)}</code>
            <button type="button" class="small" aria-pressed={shown} onClick={() => setShown(!shown)}>
              {shown ? "Hide" : "Show"}
            </button>
            <Copy text={token} of="the token" />
          </div>
        </>
      )}
      <Line label="Example" text={example} />
      <p>
        <a href="/api/v1/openapi.json">OpenAPI document</a> · <a href="/metrics">Metrics for Prometheus</a>
      </p>
    </section>
  );
}

function Tunnels({ services }: { services: Service[] }) {
  const links = services.flatMap(({ name, links: all }) =>
    all.filter(({ kind }) => kind !== "direct").map((link) => ({ name, ...link })),
  );
  if (links.length === 0)
    return (
      <p>
        None is open. <code>CF_QUICK_TUNNELS=true</code> opens one for each service,{" "}
        <code>CF_TUNNEL_TOKEN</code> your own.
      </p>
    );
  return (
    <>
      {links.map(({ name, url }) => (
        <Line key={url} label={name} text={url} />
      ))}
    </>
  );
}

/** A command or an address, to be copied. */
function Line({ label, text }: { label: string; text: string }) {
  return (
    <div class="line">
      <span class="kind">{label}</span>
      <code tabIndex={0}>{text}</code>
      <Copy text={text} of={label} />
    </div>
  );
}
