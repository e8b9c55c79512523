import { existsSync, lstatSync, statSync } from "node:fs";
import { AiDockError } from "../../errors.ts";
import { run } from "../../sys/run.ts";
import { isRoot } from "../../sys/users.ts";

/**
 * Copies beside the final name and renames once whole. Scripts and search paths of an environment hold its own path; they
 * get the new one. $1 is the environment in the image, $2 the folder on the workspace, $3 the name.
 */
const SCRIPT = `set -eu
mkdir -p -- "$2"
cd -- "$2"
part=.$3.part
rm -rf -- "$part"
cp -a --no-preserve=ownership -- "$1" "$part"
literal() { printf %s "$1" | sed 's/[\\\\&|]/\\\\&/g'; }
pattern() { printf %s "$1" | sed 's/[][\\\\.*^$|]/\\\\&/g'; }
{
  grep -rlIFZ -- "$1" "$part/bin" "$part/pyvenv.cfg" || :
  grep -rlIFZ --include='*.pth' --include=kernel.json -- "$1" "$part" || :
} 2>/dev/null | sort -zu | xargs -0 -r sed -i "s|$(pattern "$1")|$(literal "$2/$3")|g"
mv -nT -- "$part" "$3"
[ ! -e "$part" ]`;

export interface VenvSync {
  name: string;
  env: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * Copies a Python environment of the image to the workspace, where it outlives the container; `venv-set` prefers it from
 * then on. Returns its new path. The owner of the workspace makes the copy, so that no link there leads root anywhere.
 * Throws AiDockError.
 */
export async function syncVenv({ name, env, signal }: VenvSync): Promise<string> {
  const image = `${env["VENV_DIR"] || "/opt/environments/python"}/${name}`;
  const workspace = (env["WORKSPACE"] || "/workspace/").replace(/\/+$/, "");
  const folder = `${workspace}/environments/python`;
  const target = `${folder}/${name}`;
  if (!existsSync(`${image}/bin`))
    throw new AiDockError(`"${image}": expected a Python environment, got none`);
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined)
    throw new AiDockError(`"${target}": expected no such folder, got one; it is left alone`);
  const owner = statSync(workspace, { throwIfNoEntry: false });
  if (owner === undefined) throw new AiDockError(`"${workspace}": expected a workspace, got none`);
  const owners = ["setpriv", `--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
  const script = ["/bin/sh", "-c", SCRIPT, "venv-sync", image, folder, name];
  const isOthers = isRoot() && owner.uid !== 0;
  const command = isOthers ? [...owners, ...script] : script;
  const { code, stderr } = await run(command, signal === undefined ? {} : { signal });
  if (code === 0) return target;
  const [reason = `exit code ${code}`] = stderr.trim().split("\n");
  throw new AiDockError(
    `"${target}": cannot copy the environment: ${reason}; what is copied so far is not used`,
  );
}
