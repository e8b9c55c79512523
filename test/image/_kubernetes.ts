import { z } from "zod";

/**
 * The fields of Kubernetes that scripts/kubernetes.yaml uses, with the forms of names and quantities that its published
 * API (v1, apps/v1) describes in words only. A field that the manifest begins to use is to be added here.
 */
const strict = z.strictObject;

const name = z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
const labels = z.record(z.string().regex(/^[a-z0-9]([-a-z0-9./]*[a-z0-9])?$/), z.string().max(63));
const quantity = z.string().regex(/^\d+(\.\d+)?([KMGTPE]i?|m|k)?$/);
const port = z.int().min(1).max(65_535);
const seconds = z.int().min(1);
const absolute = z.string().regex(/^\/[^:]*$/);

const metadata = strict({ name });
const configMap = strict({
  apiVersion: z.literal("v1"),
  kind: z.literal("ConfigMap"),
  metadata,
  // Values are text: a number or true has to be quoted.
  data: z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/), z.string()),
});

const service = strict({
  apiVersion: z.literal("v1"),
  kind: z.literal("Service"),
  metadata,
  spec: strict({
    selector: labels,
    publishNotReadyAddresses: z.boolean().optional(),
    ports: z.array(strict({ name, port, targetPort: z.union([port, name]) })).min(1),
  }),
});

const probe = strict({
  exec: strict({ command: z.array(z.string()).min(1) }),
  periodSeconds: seconds,
  timeoutSeconds: seconds,
  failureThreshold: z.int().min(1),
});

const container = strict({
  name,
  image: z.string(),
  envFrom: z.array(strict({ configMapRef: strict({ name }) })),
  env: z.array(strict({ name: z.string().regex(/^[A-Za-z_]\w*$/), value: z.string() })),
  ports: z.array(strict({ name: name.max(15), containerPort: port })),
  // For extended resources such as GPUs the limit is the request.
  resources: strict({ limits: z.record(z.string(), quantity) }),
  readinessProbe: probe,
  livenessProbe: probe,
  volumeMounts: z.array(
    strict({
      name,
      mountPath: absolute,
      subPath: z
        .string()
        .regex(/^[^/](?!.*\.\.)/)
        .optional(),
      readOnly: z.boolean().optional(),
    }),
  ),
});

const volume = z.union([
  strict({
    name,
    secret: strict({ secretName: name, optional: z.boolean(), defaultMode: z.int().min(0).max(0o777) }),
  }),
  strict({ name, emptyDir: strict({ medium: z.enum(["", "Memory"]), sizeLimit: quantity }) }),
]);

const toleration = strict({
  key: z.string(),
  operator: z.enum(["Exists", "Equal"]),
  effect: z.enum(["NoSchedule", "PreferNoSchedule", "NoExecute"]),
});

const claim = strict({
  metadata,
  spec: strict({
    accessModes: z.array(z.enum(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"])),
    resources: strict({ requests: strict({ storage: quantity }) }),
  }),
});

const statefulSet = strict({
  apiVersion: z.literal("apps/v1"),
  kind: z.literal("StatefulSet"),
  metadata,
  spec: strict({
    serviceName: name,
    replicas: z.int().min(0),
    selector: strict({ matchLabels: labels }),
    template: strict({
      metadata: strict({ labels }),
      spec: strict({
        enableServiceLinks: z.boolean(),
        automountServiceAccountToken: z.boolean(),
        terminationGracePeriodSeconds: z.int().min(0),
        tolerations: z.array(toleration),
        containers: z.array(container).min(1),
        volumes: z.array(volume),
      }),
    }),
    volumeClaimTemplates: z.array(claim),
  }),
});

export const manifest = z.tuple([configMap, service, statefulSet]);
