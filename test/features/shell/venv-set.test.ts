import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SCRIPT = resolve(import.meta.dir, "../../../src/features/shell/venv-set.sh");
const root = mkdtempSync(join(tmpdir(), "venv-set-"));
const env = { PATH: "/usr/bin:/bin", VENV_DIR: `${root}/image`, WORKSPACE: `${root}/it's work/`, S: SCRIPT };
for (const path of ["image/app", "image/both", "it's work/environments/python/both", "image/python_3.10"])
  mkdirSync(join(root, path), { recursive: true });

/** Runs a bash in strict mode. */
function bash(script: string) {
  const { stdout, stderr, status } = spawnSync("bash", ["-euo", "pipefail", "-c", script], {
    env,
    encoding: "utf8",
  });
  return { stdout, stderr, status };
}

const ways = [
  ["sourced", '. "$S"'],
  ["run", 'set_from() { eval "$(bash "$S" "$@")"; }; set_from'],
] as const;

test.each(ways)("%s: the variables of an environment, of the workspace before the image", (_way, call) => {
  const shown = (name: string, variable: string) =>
    bash(`${call} ${name}; printenv ${variable}_VENV ${variable}_VENV_PYTHON ${variable}_VENV_PIP`);
  const expected = (path: string) => ({
    stdout: `${path}\n${path}/bin/python\n${path}/bin/pip\n`,
    stderr: "",
    status: 0,
  });
  expect(shown("app", "APP")).toEqual(expected(`${root}/image/app`));
  expect(shown("both", "BOTH")).toEqual(expected(`${root}/it's work/environments/python/both`));
  expect(shown("python_3.10", "PYTHON_3_10")).toEqual(expected(`${root}/image/python_3.10`));
});

test("a missing environment costs a message and code 1, a missing name code 2; the shell goes on", () => {
  const none = bash('. "$S" none || echo "$?"');
  expect(none).toMatchObject({ stdout: "1\n", status: 0 });
  expect(none.stderr).toBe(
    `venv-set: expected an environment of ${root}/it's work/environments/python or ${root}/image, got "none"\n`,
  );
  expect(bash('. "$S" "" || echo "$?"')).toMatchObject({
    stdout: "2\n",
    stderr: "Usage: . venv-set.sh NAME\n",
  });
  expect(bash('bash "$S" ../image/app || echo "$?"').stdout).toBe("2\n");
});
