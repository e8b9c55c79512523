import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Connect } from "./pages/connect.tsx";
import { Doctor } from "./pages/doctor.tsx";
import { Environment } from "./pages/environment.tsx";
import { Logs } from "./pages/logs.tsx";
import { Machine } from "./pages/machine.tsx";
import { Programs } from "./pages/programs.tsx";
import { Provisioning } from "./pages/provisioning.tsx";
import { Services } from "./pages/services.tsx";
import { Icon, type IconName } from "./parts/icon.tsx";
import { IdleBanner } from "./parts/idle.tsx";
import { ThemeButton } from "./parts/theme-button.tsx";
import { Toasts } from "./parts/toasts.tsx";
import { follow, usePath } from "./router.ts";
import { LiveContext, useEvents } from "./store.ts";

interface Page {
  path: string;
  title: string;
  icon: IconName;
  view: ComponentType;
}

const pages: Page[] = [
  { path: "/", title: "Services", icon: "services", view: Services },
  { path: "/programs", title: "Programs", icon: "programs", view: Programs },
  { path: "/logs", title: "Logs", icon: "logs", view: Logs },
  { path: "/machine", title: "Machine", icon: "machine", view: Machine },
  { path: "/provisioning", title: "Provisioning", icon: "provisioning", view: Provisioning },
  { path: "/environment", title: "Environment", icon: "environment", view: Environment },
  { path: "/doctor", title: "Doctor", icon: "doctor", view: Doctor },
  { path: "/connect", title: "Connect", icon: "connect", view: Connect },
];

/**
 * Scrolls a link to the middle of its list, which on a narrow screen is one line. Not `scrollIntoView`: the first thing by
 * keyboard would be behind the link then.
 */
function show(link: HTMLElement): void {
  const list = link.parentElement;
  if (list === null) return;
  const [own, all] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollLeft += own.left - all.left - (all.width - own.width) / 2;
}

export function App() {
  const live = useEvents();
  const path = usePath();
  const page = pages.find((one) => one.path === path) ?? pages[0];
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    document.title = `${page?.title ?? ""} · AI-Dock`;
    // Who does not see the page change hears it.
    if (!first.current) heading.current?.focus();
    first.current = false;
    if (current.current !== null) show(current.current);
  }, [page]);
  if (page === undefined) return null;
  return (
    <LiveContext.Provider value={live}>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="side">
        <a class="brand" href="/" onClick={follow}>
          <img src="/ai-dock/assets/icon.svg" alt="" width="28" height="28" />
          AI-Dock
        </a>
        <nav aria-label="Pages">
          {pages.map((one) => (
            <a
              key={one.path}
              href={one.path}
              onClick={follow}
              {...(one === page ? { ref: current, "aria-current": "page" as const } : {})}
            >
              <Icon name={one.icon} />
              {one.title}
            </a>
          ))}
        </nav>
        <div class="foot">
          <ThemeButton />
          <form method="post" action="/ai-dock/logout">
            <button type="submit" class="quiet">
              <Icon name="logout" />
              <span>Log out</span>
            </button>
          </form>
          {live.state !== undefined && <span class="version">{live.state.version}</span>}
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {!live.connected && (
          <p class="banner" role="status">
            The connection is lost; trying again …
          </p>
        )}
        {live.state?.notices.map(({ id, severity, message }) =>
          id === "idle" ? (
            <IdleBanner key={id} message={message} />
          ) : (
            <p key={id} class={`banner ${severity}`} role={severity === "info" ? "status" : "alert"}>
              {message}
            </p>
          ),
        )}
        <h1 ref={heading} tabIndex={-1}>
          {page.title}
          {live.state !== undefined && live.state.phase !== "running" && (
            <span class={`pill ${live.state.phase === "booting" ? "busy" : "bad"}`}>{live.state.phase}</span>
          )}
        </h1>
        <page.view />
      </main>
      <Toasts />
    </LiveContext.Provider>
  );
}
