import { Copy } from "../parts/copy.tsx";
import { Icon } from "../parts/icon.tsx";
import { Qr } from "../parts/qr.tsx";
import { StatePill } from "../parts/state.tsx";
import { duration } from "../format.ts";
import { linksOf, type LinkKind } from "../links.ts";
import { follow } from "../router.ts";
import { type Program, type Service, useLive, useNow } from "../store.ts";

const kinds: Record<LinkKind, string> = {
  direct: "Direct",
  quick: "Quick tunnel",
  named: "Tunnel",
  runpod: "RunPod",
  here: "This host",
};

export function Services() {
  const { state, at } = useLive();
  const now = useNow();
  if (state === undefined) return <p class="hint">Loading …</p>;
  const apps = state.services.filter(({ kind }) => kind === "app");
  if (apps.length === 0) return <Nothing />;
  return (
    <ul class="cards">
      {apps.map((service) => (
        <ServiceCard
          key={service.port}
          service={service}
          program={state.programs.find(({ id }) => id === service.program)}
          sinceMs={now - at}
        />
      ))}
    </ul>
  );
}

interface CardProps {
  service: Service;
  program: Program | undefined;
  /** Since the state came. */
  sinceMs: number;
}

function ServiceCard({ service, program, sinceMs }: CardProps) {
  const { name, port, ready, reason, guarded, auth } = service;
  const links = linksOf(service, useLive().state?.services ?? [], location);
  return (
    <li class="card">
      <div class="card-head">
        <h2>{name}</h2>
        {program !== undefined && !ready ? (
          <StatePill program={{ ...program, ready: false }} />
        ) : (
          <span class={`pill ${ready ? "good" : "busy"}`}>{ready ? "READY" : "NOT READY"}</span>
        )}
      </div>
      <p class="facts">
        Port {port}
        {program !== undefined && (
          <>
            {" · "}
            <a href={`/logs?name=${encodeURIComponent(program.stdout_log ?? program.id)}`} onClick={follow}>
              {program.id}
            </a>
            {program.uptime_s !== null && ` · up ${duration(program.uptime_s + Math.max(0, sinceMs) / 1000)}`}
          </>
        )}
      </p>
      {!guarded && ready && <span class="pill bad">UNGUARDED</span>}
      {guarded && !auth && <span class="pill warn">NO LOGIN</span>}
      {(reason ?? program?.reason) && (
        <p class={guarded || !ready ? "reason" : "reason bad"}>{reason ?? program?.reason}</p>
      )}
      <ul class="links">
        {links.map(({ kind, url }) => (
          <li key={kind + url}>
            <span class="kind">{kinds[kind]}</span>
            <a class="url" href={url} target="_blank" rel="noreferrer">
              {url}
              <Icon name="open" />
            </a>
            <Copy text={url} of={`the address of ${name}`} />
            <Qr text={url} of={`the address of ${name}`} />
          </li>
        ))}
      </ul>
    </li>
  );
}

function Nothing() {
  return (
    <div class="card empty">
      <h2>No services yet</h2>
      <p>
        A program with <code>web_port=8188</code> in its configuration, or a file in{" "}
        <code>/run/http_ports</code>, appears here as soon as it is there.
      </p>
    </div>
  );
}
