import { resolve } from "node:path";
import { boot, type BootOptions, type Container, IMAGE, must, waitFor } from "../harness.ts";

/** The images of test/child: as the children of ai-dock were written in those years, and one that is none. */
export type Child = "2023" | "2024" | "foreign" | "build" | "volume";

const FOLDER = resolve(import.meta.dir, "../../child");
/** Where the app of a child listens; that of `build` does not. */
const PORTS = { "2023": 8188, "2024": 18_188, foreign: 8000 };
const built = new Map<Child, Promise<string>>();

/** Builds the image on the one that is tested, once a run; only the first build on a new one takes time. */
export function childImage(child: Child): Promise<string> {
  const image = built.get(child) ?? build(child);
  built.set(child, image);
  return image;
}

async function build(child: Child): Promise<string> {
  const tag = `${IMAGE}-${child}`;
  await must([
    "docker",
    "build",
    "--quiet",
    "--tag",
    tag,
    "--build-arg",
    `BASE=${IMAGE}`,
    "--build-context",
    `server=${FOLDER}/server`,
    `${FOLDER}/${child}`,
  ]);
  return tag;
}

export async function bootChild(child: Child, options: BootOptions = {}): Promise<Container> {
  return await boot({ ...options, image: await childImage(child) });
}

/** Waits until the child's app answers over the network; the environment it runs with, which is its answer. */
export async function environmentOfApp(
  container: Container,
  child: keyof typeof PORTS,
  port = PORTS[child],
): Promise<Record<string, string>> {
  const body = await waitFor(
    async () => {
      const url = `http://${await container.ip()}:${port}/`;
      return await must(["curl", "--noproxy", "*", "--silent", "--show-error", "--fail", url]);
    },
    { what: `an answer on port ${port}`, detail: () => container.logs() },
  );
  return environmentOf(body);
}

/** The variables in an answer of the app. */
export function environmentOf(answer: string): Record<string, string> {
  const variables = answer.split("\0").filter((variable) => variable !== "");
  return Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s).slice(0, 2)));
}
