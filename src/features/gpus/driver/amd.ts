import { statSync } from "node:fs";
import { readIfExists } from "../../../sys/fs.ts";
import type { Account } from "../../../sys/users.ts";
import { type CheckResult, failed, warning } from "../../check.ts";
import { accountOf } from "../../account/account.ts";
import { namesIn, refusal } from "./nodes.ts";

const READ_AND_WRITE = 0o6;

/** What is wrong with AMD's devices as this container sees them. `root` stands in front of all paths. */
export function lookAtAmd(env: Record<string, string>, root = ""): CheckResult[] {
  const nodes = amdNodes(root);
  const refused = nodes.filter((node) => refusal(`${root}${node}`) !== undefined);
  if (refused.length > 0)
    return [
      failed(
        "gpu",
        `this container may not open ${refused.join(", ")}`,
        `docker run ${refused.map((node) => `--device ${node}`).join(" ")} --group-add video --group-add render`,
      ),
    ];
  const account = accountOf(env, root);
  const closed = account === undefined ? [] : nodes.filter((node) => !mayUse(account, `${root}${node}`));
  if (account === undefined || closed.length === 0) return [];
  const names = closed.join(", ");
  return [
    warning(
      "gpu",
      `"${account.name}" may not use ${names}; programs of root may`,
      `on the host: chgrp render ${closed.join(" ")} && chmod g+rw ${closed.join(" ")}`,
    ),
  ];
}

/** KFD and the render nodes that this container has. */
export function amdNodes(root = ""): string[] {
  const render = namesIn(`${root}/dev/dri`, /^renderD\d+$/).map((name) => `/dev/dri/${name}`);
  return ["/dev/kfd", ...render];
}

/** Of the driver of AMD's packages; the kernel's own has the version of the kernel. */
export function amdDriver(root = ""): string {
  try {
    const version = readIfExists(`${root}/sys/module/amdgpu/version`)?.trim();
    return version ? `driver amdgpu ${version}` : "the kernel's own driver";
  } catch {
    return "driver unknown";
  }
}

/** By owner and mode; a list of access rights is not looked at. */
function mayUse({ uid, groups }: Account, path: string): boolean {
  const { uid: owner, gid, mode } = statSync(path);
  const shift = uid === owner ? 6 : groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & READ_AND_WRITE) === READ_AND_WRITE;
}
