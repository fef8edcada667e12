import { PlatformError } from '@skaha/service/errors.js';
import * as z from 'zod/mini';

const name = z.string().check(z.regex(/^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/));
const absolute = z.string().check(z.regex(/^\/[^\0]*$/));
const quantity = z.string().check(z.regex(/^[0-9]+(?:\.[0-9]+)?(?:[kMGTPE]i?|Ki|m)?$/));
const labels = z.record(z.string(), z.string());
const folder = z.string().check(z.regex(/^(?!.*(?:^|\/)\.\.(?:\/|$))[^/\0][^\0]*$/));

/** A name for all, or one for each kind of session (`headless`, `notebook`, …), `default` for others. */
const byKind = z.union([name, z.record(z.string(), name)]);

const schema = z.strictObject({
  /** Path of a kubeconfig, and one of its contexts; found as `kubectl` does when left out. */
  kubeconfig: z.optional(absolute),
  context: z.optional(z.string()),
  /** Where sessions are made; that of the context when left out. */
  namespace: z.optional(name),
  /** Where homes and projects are: exactly one of the three. */
  storage: z.optional(
    z.strictObject({
      claim: z.optional(name),
      hostPath: z.optional(absolute),
      nfs: z.optional(z.strictObject({ server: z.string(), path: absolute })),
      /** Folder of it in which `home` and `projects` lie. */
      folder: z.optional(folder),
    }),
  ),
  /** The most that a session may leave in its scratch space. */
  scratch: z.optional(z.strictObject({ size: z.optional(quantity) })),
  kueue: z.optional(
    z.strictObject({
      /** The queue of a session, by its kind or its user; a user's comes first. */
      queue: z.optional(byKind),
      users: z.optional(z.record(z.string(), name)),
      priorityClass: z.optional(byKind),
    }),
  ),
  priorityClass: z.optional(byKind),
  nodeSelector: z.optional(labels),
  tolerations: z.optional(
    z.array(
      z.strictObject({
        key: z.optional(z.string()),
        operator: z.optional(z.enum(['Exists', 'Equal'])),
        value: z.optional(z.string()),
        effect: z.optional(z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])),
      }),
    ),
  ),
  /** More nodes come as they are needed: what those of now have bounds nothing. */
  autoscaling: z.optional(z.boolean()),
  gpu: z.optional(
    z.strictObject({
      /** How the cluster calls its graphics processors. */
      resource: z.optional(z.string()),
      nodeSelector: z.optional(labels),
    }),
  ),
  /** Further labels and annotations of Jobs and pods. */
  labels: z.optional(labels),
  annotations: z.optional(labels),
  imagePullPolicy: z.optional(z.enum(['Always', 'IfNotPresent', 'Never'])),
  imagePullSecrets: z.optional(z.array(name)),
  serviceAccount: z.optional(name),
  /** Keeps the pods of a user from those of all others. */
  networkPolicy: z.optional(z.boolean()),
  /** The labels that distinguish the platform's own pods from all others of its namespace. */
  platformLabels: z.optional(labels),
  /** How pages are reached: by the pod's own address, or through the API server. */
  pages: z.optional(z.enum(['direct', 'forward'])),
  /** Leads to pages without passing through the platform: exactly one of `ingress` and `gateway`. */
  route: z.optional(
    z.strictObject({
      host: name,
      ingress: z.optional(
        z.strictObject({
          className: z.optional(name),
          tlsSecret: z.optional(name),
          annotations: z.optional(labels),
          /** What takes the path away for pages that do not know it, as the controller writes it. */
          strip: z.optional(z.strictObject({ annotations: labels })),
        }),
      ),
      gateway: z.optional(
        z.strictObject({ name, namespace: z.optional(name), section: z.optional(name) }),
      ),
      controllerNamespace: z.optional(name),
    }),
  ),
  /** More than one platform on the same storage: which of them works is decided by a Lease. */
  replicas: z.optional(
    z.strictObject({
      lease: z.optional(name),
      /** How long a platform that died keeps its place. */
      seconds: z.optional(z.int().check(z.minimum(3), z.maximum(300))),
    }),
  ),
  /** The most bytes of a log that are kept when its pod is gone. */
  logBytes: z.optional(z.int().check(z.minimum(1024))),
});

/** What leads to pages without passing through the platform. */
export interface RouteSettings {
  /** Where clients see the platform. */
  readonly host: string;
  readonly ingress?:
    | {
        readonly className?: string | undefined;
        readonly tlsSecret?: string | undefined;
        readonly annotations?: Readonly<Record<string, string>> | undefined;
        readonly strip?: { readonly annotations: Readonly<Record<string, string>> } | undefined;
      }
    | undefined;
  readonly gateway?:
    | {
        readonly name: string;
        readonly namespace?: string | undefined;
        readonly section?: string | undefined;
      }
    | undefined;
  /** The namespace of what sends requests on, which policies let in. */
  readonly controllerNamespace?: string | undefined;
}

/** What the configuration of a platform contains under `runners.kubernetes`. */
export type KubernetesConfig = z.infer<typeof schema>;

/** How sessions are run on a cluster, with every default filled in. */
export interface KubernetesSettings {
  readonly storage: KubernetesConfig['storage'];
  readonly scratchSize: string;
  readonly kueue: KubernetesConfig['kueue'];
  readonly priorityClass: KubernetesConfig['priorityClass'];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: NonNullable<KubernetesConfig['tolerations']>;
  readonly autoscaling: boolean;
  readonly gpuResource: string;
  readonly gpuNodeSelector: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly imagePullPolicy: KubernetesConfig['imagePullPolicy'];
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccount: string | undefined;
  readonly networkPolicy: boolean;
  readonly platformLabels: Readonly<Record<string, string>>;
  readonly route: RouteSettings | undefined;
  readonly logBytes: number;
}

const hint = 'docs/cluster.md lists the keys of `runners.kubernetes` in the configuration.';

/**
 * Reads the part `kubernetes` of a configuration.
 *
 * @throws {PlatformError} `config.invalid` naming the key
 */
export function readSettings(config: unknown): KubernetesConfig {
  const parsed = z.safeParse(schema, config ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const place = ['runners', 'kubernetes', ...(issue?.path ?? [])].join('.');
    const message =
      issue?.code === 'unrecognized_keys'
        ? `The configuration has an unknown key: ${issue.keys.map((key) => `${place}.${key}`).join(', ')}.`
        : `The configuration has an invalid value at ${place}: it does not have the form that this key needs.`;
    throw new PlatformError('config.invalid', message, { hint });
  }
  const { storage } = parsed.data;
  const places = [storage?.claim, storage?.hostPath, storage?.nfs].filter(
    (one) => one !== undefined,
  );
  if (storage !== undefined && places.length !== 1) {
    const message =
      'The configuration has an invalid value at runners.kubernetes.storage: give exactly one of claim, hostPath and nfs.';
    throw new PlatformError('config.invalid', message, { hint });
  }
  const { route } = parsed.data;
  if (route !== undefined && (route.ingress === undefined) === (route.gateway === undefined)) {
    const message =
      'The configuration has an invalid value at runners.kubernetes.route: give exactly one of ingress and gateway.';
    throw new PlatformError('config.invalid', message, { hint });
  }
  return parsed.data;
}

/** Fills in the defaults. */
export function settle(config: KubernetesConfig): KubernetesSettings {
  return {
    storage: config.storage,
    // What the real platform asks for each session.
    scratchSize: config.scratch?.size ?? '20Gi',
    kueue: config.kueue,
    priorityClass: config.priorityClass,
    nodeSelector: config.nodeSelector ?? {},
    tolerations: config.tolerations ?? [],
    autoscaling: config.autoscaling ?? false,
    gpuResource: config.gpu?.resource ?? 'nvidia.com/gpu',
    gpuNodeSelector: config.gpu?.nodeSelector ?? {},
    labels: config.labels ?? {},
    annotations: config.annotations ?? {},
    imagePullPolicy: config.imagePullPolicy,
    imagePullSecrets: config.imagePullSecrets ?? [],
    serviceAccount: config.serviceAccount,
    networkPolicy: config.networkPolicy ?? false,
    platformLabels: config.platformLabels ?? { 'app.kubernetes.io/name': 'skaha-platform' },
    route: config.route,
    logBytes: config.logBytes ?? 64 * 2 ** 20,
  };
}

/** What is named for a kind of session. */
export const forKind = (
  named: string | Readonly<Record<string, string>> | undefined,
  kind: string,
): string | undefined => (typeof named === 'object' ? (named[kind] ?? named['default']) : named);
