import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { StatefulSet } from "kubernetes-types/apps/v1";
import type { ConfigMap, Service } from "kubernetes-types/core/v1";

/** With everything that may be there; what a test asks for and is not makes it fail. */
type Present<Value> = Value extends object
  ? { [Key in keyof Value]-?: Present<NonNullable<Value[Key]>> }
  : Value;

export const text = readFileSync(resolve(import.meta.dir, "../../scripts/kubernetes.yaml"), "utf8");

/** The objects of the manifest, which kubernetes.test.ts holds against the API of Kubernetes. */
export const [settings, service, set] = Bun.YAML.parse(text) as Present<[ConfigMap, Service, StatefulSet]>;

export const pod = set.spec.template.spec;
export const [container] = pod.containers as [(typeof pod.containers)[number]];
