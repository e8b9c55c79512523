import { defaultText } from "../../src/env/describe.ts";
import { schema } from "../../src/env/schema.ts";
import type { Variable } from "../../src/env/types.ts";

interface DocumentedVariable {
  name: string;
  description: string;
  fallback: string;
}

function documentedVariables(): DocumentedVariable[] {
  return Object.entries(schema).map(([name, variable]: [string, Variable]) => {
    const { description, secret, defaultText: shown } = variable;
    const more = secret === true ? ` (or \`${name}_FILE\`: a file that holds it)` : "";
    return { name, description: `${description}${more}`, fallback: shown ?? defaultText(name) ?? "" };
  });
}

/** The table of variables, in Markdown. */
export function environmentTable(): string {
  const rows = documentedVariables().map(
    ({ name, description, fallback }) =>
      `| \`${name}\` | ${description} | ${fallback === "" ? "" : `\`${fallback}\``} |`,
  );
  return ["| Variable | Description | Default |", "| --- | --- | --- |", ...rows].join("\n");
}

/** Variables that compose.yaml alone reads. */
const composeVariables = `# Copy to .env and edit; compose.yaml reads it. Empty means the default.

# Image to run: cpu-…, or cuda-… for docker compose up nvidia, or rocm-… for docker compose up amd.
REGISTRY=ghcr.io/ai-dock
IMAGE=base-image
IMAGE_TAG=cpu-24.04

# For docker compose build: what the image is built on, what it says of itself, and for AMD the packages to install.
IMAGE_BASE=ubuntu:24.04
XPU_TARGET=CPU
# CUDA_VERSION=12.9.1
# CUDA_LEVEL=cudnn-runtime
# CUDNN_VERSION=9
ROCM_VERSION=
ROCM_LEVEL=
ROCM_REPOSITORY=radeon

# Ports on this machine.
SSH_PORT_HOST=2222
RCLONE_PORT_HOST=53682
AI_DOCK_PORTAL_PORT_HOST=1111

# How mounts under the workspace are shared with this machine; rprivate where rshared is refused.
WORKSPACE_PROPAGATION=rshared

# How long docker stop waits; longer than AI_DOCK_STOP_TIMEOUT.
STOP_GRACE_PERIOD=10s

# Memory that programs may share, and whether the container starts again by itself.
SHM_SIZE=1gb
RESTART=unless-stopped

# How many containers a Swarm runs.
REPLICAS=3
`;

/** `.env.example` for compose.yaml: every variable with its description, unset. */
export function environmentExample(): string {
  const lines = documentedVariables().flatMap(({ name, description, fallback }) => [
    `# ${description.replaceAll("`", "")}${fallback === "" ? "" : `. Default: ${fallback}`}`,
    `${name}=`,
    "",
  ]);
  return [composeVariables, ...lines].join("\n");
}
