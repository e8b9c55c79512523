import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { loadEnvironment } from "../../src/env/load.ts";
import { isSecretName } from "../../src/env/redact.ts";
import { schema } from "../../src/env/schema.ts";
import { container, pod, service, set, settings, text } from "./_kubernetes.ts";

const ROOT = resolve(import.meta.dir, "../..");

test("the manifest has the keys and types of the API that Kubernetes publishes, and no others", async () => {
  expect(await complaints(text)).toBe("");
  const misspelt = text.replace("terminationGracePeriodSeconds:", "terminationGracePeriod:");
  expect(await complaints(misspelt)).toMatch(/terminationGracePeriod\W+ does not exist in type 'PodSpec'/);
  const quoted = text.replace("containerPort: 22", 'containerPort: "22"');
  expect(await complaints(quoted)).toContain("'string' is not assignable to type 'number'");
}, 60_000);

/** What tsc says of a manifest beside `kubernetes-types`, which are made of that API; it refuses unknown keys, too. */
async function complaints(yaml: string): Promise<string> {
  using cleanup = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  cleanup.defer(() => rmSync(folder, { recursive: true }));
  const objects = Bun.YAML.parse(yaml) as { kind: string }[];
  const lines = objects.map(({ kind }, index) => {
    const module = kind === "StatefulSet" ? "apps/v1" : "core/v1";
    const type = `import("${ROOT}/node_modules/kubernetes-types/${module}.d.ts").${kind}`;
    return `export const object${index}: ${type} = ${JSON.stringify(objects[index])};\n`;
  });
  const file = join(folder, "manifest.ts");
  writeFileSync(file, lines.join(""));
  const options = ["--noEmit", "--strict", "--module", "preserve", "--allowImportingTsExtensions"];
  const tsc = Bun.spawn([`${ROOT}/node_modules/.bin/tsc`, ...options, file], { cwd: folder });
  return (await tsc.stdout.text()).trim();
}

test("its parts find each other", () => {
  const { matchLabels } = set.spec.selector;
  expect(set.spec.template.metadata.labels).toEqual(matchLabels);
  expect(service.spec.selector).toEqual(matchLabels);
  expect(set.spec.serviceName).toBe(service.metadata.name);
  expect(container.envFrom.map(({ configMapRef }) => configMapRef.name)).toEqual([settings.metadata.name]);
  const ports = new Set(container.ports.map((port) => port.name));
  expect(service.spec.ports.filter(({ targetPort }) => !ports.has(String(targetPort)))).toEqual([]);
  const volumes = [
    ...pod.volumes.map((volume) => volume.name),
    ...set.spec.volumeClaimTemplates.map((claim) => claim.metadata.name),
  ];
  expect(new Set(container.volumeMounts.map((mount) => mount.name))).toEqual(new Set(volumes));
});

test("its settings are ours, and valid", () => {
  const variables = { ...settings.data, ...Object.fromEntries(container.env.map((e) => [e.name, e.value])) };
  const files = Object.keys(variables).filter((name) => name.endsWith("_FILE"));
  const unknown = Object.keys(variables).filter((name) => !(name.replace(/_FILE$/, "") in schema));
  expect(unknown).toEqual([]);
  expect(files).not.toEqual([]);
  expect(files.filter((name) => !isSecretName(name.replace(/_FILE$/, "")))).toEqual([]);
  const { problems } = loadEnvironment([], settings.data);
  expect(problems).toEqual([]);
});

test("the secret's file is where its volume is mounted, and not readable for others", () => {
  const secret = pod.volumes.find((volume) => "secret" in volume);
  const mount = container.volumeMounts.find(({ name }) => name === secret?.name);
  const file = container.env.find(({ name }) => name.endsWith("_FILE"));
  expect(file?.value).toStartWith(`${mount?.mountPath}/`);
  expect(secret?.secret.defaultMode).toBe(0o400);
});

test("it is probed by ai-dock health, and is given more time to stop than ai-dock takes", () => {
  const health = ["/usr/local/bin/ai-dock", "health"];
  expect(container.readinessProbe.exec.command).toEqual(health);
  expect(container.livenessProbe.exec.command).toEqual([...health, "--live"]);
  const { settings: effective } = loadEnvironment([], settings.data);
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(effective.AI_DOCK_STOP_TIMEOUT);
});

test("no variable of a Service's address reaches it, since SSH_PORT would be one", () => {
  expect(pod.enableServiceLinks).toBe(false);
});

test("it has a GPU, and may run where GPUs are", () => {
  const kinds = Object.keys(container.resources.limits);
  expect(kinds).toEqual(["nvidia.com/gpu"]);
  expect(pod.tolerations.map(({ key }) => key)).toEqual(kinds);
  expect(container.image).toMatch(/^ghcr\.io\/ai-dock\/base-image:cuda-/);
});
