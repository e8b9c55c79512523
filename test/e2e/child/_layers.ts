import { resolve } from "node:path";
import { buildCompat } from "../_compat.ts";
import { IMAGE, must } from "../harness.ts";

const FOLDER = resolve(import.meta.dir, "../../child/layers");

/** Builds the images of test/child/layers on each other, the first one on the compat flavour; the last one's tag. */
export async function buildLayers(): Promise<string> {
  let base = await buildCompat();
  for (const layer of ["python", "app", "desktop"]) {
    const tag = `${IMAGE}-layers-${layer}`;
    await must([
      "docker",
      "build",
      "--quiet",
      "--tag",
      tag,
      "--build-arg",
      `BASE=${base}`,
      `${FOLDER}/${layer}`,
    ]);
    base = tag;
  }
  return base;
}

/** As default scripts of apps of 2024 are written, from a checkout of Windows; it goes on when /tmp/go is there. */
export const PROVISIONING = `#!/bin/bash
function provisioning_start() {
    source /opt/ai-dock/etc/environment.sh
    source /opt/ai-dock/bin/venv-set.sh app
    sudo $APT_INSTALL bash >/dev/null
    mkdir -p "\${WORKSPACE}/storage/models/ckpt" /opt/App/custom_nodes/node
    echo "a large model" >"\${WORKSPACE}/storage/models/ckpt/base.safetensors"
    ( cd /opt/App && git describe --tags >custom_nodes/node/tag )
    while [[ -n $HELD && ! -e /tmp/go ]]; do sleep 0.1; done
    printf "provisioned by %s with %s\\n" "$(id -un)" "$APP_VENV_PYTHON"
}

provisioning_start
`.replaceAll("\n", "\r\n");

/** What the app of these images answers. */
export interface Answer {
  path: string;
  user: string;
  cwd: string;
  environment: Record<string, string>;
}
