import { mkdirSync } from "node:fs";
import { IDENTIFIER } from "../../env/session.ts";
import { readIfExists, writeFileAtomic } from "../../sys/fs.ts";
import type { Account } from "../../sys/users.ts";
import { FinalError } from "../graph/outcome.ts";
import type { ServiceSpec } from "../manifest/schema.ts";
import type { Owner } from "../ownership.ts";
import type { ItemContext, Perform, Planner } from "./context.ts";
import { venvDirectory } from "./python/environment.ts";

/** Where vast.ai's provisioner puts both, and the supervisor looks. */
const SCRIPTS = "/opt/supervisor-scripts";
const DROP_INS = "/etc/supervisor/conf.d";

interface ServiceFile {
  path: string;
  content: string;
  mode: number;
  owner?: Owner;
}

/** Writes a drop-in and its script; the supervisor takes them with the programs of the boot, or by `ai-dock update`. */
export const performService: Perform<"service"> = async ({ spec }, context) => {
  const files = filesOf(spec, context);
  const changed = files.filter(({ path, content }) => readIfExists(path) !== content);
  for (const { path, content, mode, owner } of changed) {
    mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    writeFileAtomic(path, content, mode, owner);
  }
  return { state: changed.length === 0 ? "unchanged" : "done" };
};

export const planService: Planner<"service"> = async ({ spec }, context) => ({
  action: filesOf(spec, context).every(({ path, content }) => readIfExists(path) === content)
    ? "unchanged"
    : "do",
});

/** What runs as another user is root's to change, all the same. */
function filesOf(spec: ServiceSpec, { env, user }: ItemContext): ServiceFile[] {
  const script = `${SCRIPTS}/${spec.name}.sh`;
  return [
    // Values of the environment may be secret.
    user === undefined
      ? { path: script, content: scriptOf(spec, env), mode: 0o700 }
      : { path: script, content: scriptOf(spec, env), mode: 0o750, owner: { uid: 0, gid: user.gid } },
    { path: `${DROP_INS}/${spec.name}.conf`, content: dropInOf(spec, script, user), mode: 0o644 },
  ];
}

function dropInOf({ name }: ServiceSpec, script: string, user: Account | undefined): string {
  return `# Written by the provisioning.
[program:${name}]
command=${script}
${user === undefined ? "" : `user=${user.name}\n`}autorestart=unexpected
startsecs=1
stopasgroup=true
killasgroup=true
`;
}

function scriptOf(spec: ServiceSpec, env: Record<string, string>): string {
  const { environment = {}, pre_commands: before = [], workdir, command } = spec;
  const wrong = Object.keys(environment).find((name) => !IDENTIFIER.test(name));
  if (wrong !== undefined) throw new FinalError(`environment: expected names of variables, got "${wrong}"`);
  const venv = spec.venv === undefined ? undefined : venvDirectory(spec.venv, env);
  return [
    "#!/bin/bash",
    "# Written by the provisioning.",
    ...(spec.skip_on_serverless
      ? ['if [[ ${SERVERLESS,,} == true ]]; then echo "SERVERLESS is set"; exit 0; fi']
      : []),
    ...searchLines(spec.portal_search_term),
    ...(venv === undefined ? [] : [`. ${quote(`${venv}/bin/activate`)} || exit`]),
    ...Object.entries(environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    ...(workdir === undefined ? [] : [`cd ${quote(workdir)} || exit`]),
    ...before,
    command,
    "",
  ].join("\n");
}

/** A service is off where a list of applications is there and does not have it. */
function searchLines(term: string | undefined): string[] {
  if (term === undefined || term === "") return [];
  const name = quote(term);
  return [
    `if [[ -f /etc/portal.yaml ]] && ! grep -qiF -- ${name} /etc/portal.yaml; then echo ${name}" is not in /etc/portal.yaml"; exit 0; fi`,
  ];
}

const quote = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;
