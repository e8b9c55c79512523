import { amdNodes } from "./driver/amd.ts";
import { refusal } from "./driver/nodes.ts";
import { nvidiaNodes } from "./driver/nvidia.ts";

/** Each look is a few system calls that reach no driver. */
const INTERVAL_MILLISECONDS = 60_000;

export interface LossOptions {
  /** Called with what is wrong when that changes; undefined once all GPUs are back. */
  onChange: (problem: string | undefined) => void;
  /** Stands in front of all paths. */
  root?: string;
  intervalMilliseconds?: number;
}

/**
 * Looks once a minute whether this container may still open the GPUs that it may open now. Reloading systemd on the host, for
 * one, takes them away from containers that run (NVIDIA/nvidia-container-toolkit#1227). The result ends it; where there is
 * no GPU, nothing begins.
 */
export function watchGpus(options: LossOptions): () => void {
  const { onChange, root = "", intervalMilliseconds = INTERVAL_MILLISECONDS } = options;
  const nodes = [...controlNodes(root), ...amdNodes(root)].filter(
    (node) => refusal(`${root}${node}`) === undefined,
  );
  if (nodes.length === 0) return () => undefined;
  let last: string | undefined;
  const timer = setInterval(() => {
    const problem = lossOf(nodes, root);
    if (problem === last) return;
    last = problem;
    onChange(problem);
  }, intervalMilliseconds).unref();
  return () => clearInterval(timer);
}

function controlNodes(root: string): string[] {
  const nodes = nvidiaNodes(root);
  return nodes.length === 0 ? [] : ["/dev/nvidiactl", ...nodes];
}

function lossOf(nodes: string[], root: string): string | undefined {
  const codes = nodes.map((node) => ({ node, code: refusal(`${root}${node}`) }));
  const lost = codes.filter(({ code }) => code !== undefined);
  const [first] = lost;
  if (first === undefined) return undefined;
  const names = lost.map(({ node }) => node).join(", ");
  const why = {
    EPERM: `the device rules of this container forbid ${names}, as after "systemctl daemon-reload" on the host`,
    ENOENT: `${names} ${lost.length === 1 ? "is" : "are"} gone`,
  }[first.code ?? ""];
  return `GPU lost: ${why ?? `${names} cannot be opened (${first.code})`}; restart the container`;
}
