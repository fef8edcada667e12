import { type Run, standInUid } from '@skaha/engine/ports/runner.js';
import type { Volume as SessionVolume } from '@skaha/engine/ports/volumes.js';
import type {
  Container,
  EnvironmentVariable,
  Job,
  Labels,
  PodSpec,
  Secret,
  Toleration,
  Volume,
  VolumeMount,
} from './client/types.js';
import {
  accountName,
  containerName,
  instanceLabel,
  isRestarted,
  jobName,
  keyLabel,
  labelFrom,
  loginName,
  nameFrom,
  secretName,
} from './names.js';
import { bytesQuantity, coresQuantity } from './quantity.js';
import { forKind, type KubernetesSettings } from './settings.js';

/** What the objects of a session are made from, besides its run. */
export interface Plan {
  readonly settings: KubernetesSettings;
  readonly instance: string;
  readonly version: string;
  /** Between asking a session to end and ending it. */
  readonly graceMs: number;
  /** Who runs the programs of sessions, when it is not each owner: a platform that is not root. */
  readonly ownUid: number | undefined;
  /** Whether there is a secret for its registry. */
  readonly hasLogin: boolean;
  /** Where a session sees a volume. */
  placeOf(volume: SessionVolume): string;
  /** Where a volume is on the platform's own machine. */
  directoryOf(volume: SessionVolume): string;
}

/** The number that a session runs as; root never does. */
export function uidOf(run: Pick<Run, 'uid'>, ownUid: number | undefined): number {
  if (ownUid !== undefined && ownUid !== 0) return ownUid;
  return run.uid === 0 ? standInUid : run.uid;
}

/** The group that a session runs as; that of a platform which runs all sessions as itself. */
export function gidOf(run: Pick<Run, 'uid' | 'gid'>, ownUid: number | undefined): number {
  const uid = uidOf(run, ownUid);
  return uid === run.uid ? (run.gid ?? uid) : uid;
}

/** The labels of the real platform, for its dashboards and for selectors of users, and our own. */
export function labelsOf(run: Run, plan: Pick<Plan, 'instance' | 'version' | 'settings'>): Labels {
  return {
    ...plan.settings.labels,
    'app.kubernetes.io/managed-by': 'skaha-platform',
    'app.kubernetes.io/part-of': 'skaha',
    'app.kubernetes.io/version': labelFrom(plan.version),
    'canfar.net/id': labelFrom(run.id),
    'canfar.net/job': jobName(run),
    'canfar.net/kind': labelFrom(run.kind),
    'canfar.net/name': labelFrom(run.name),
    'canfar.net/username': labelFrom(run.user),
    'canfar.net/flavor': isFixed(run) ? 'fixed' : 'flexible',
    'canfar.net/accelerator': run.gpus > 0 ? 'gpu' : 'cpu',
    ...(run.appId === undefined ? {} : { 'canfar.net/app-id': labelFrom(run.appId) }),
    [instanceLabel]: plan.instance,
    [keyLabel]: labelFrom(run.key),
  };
}

/** Memory alone decides, as on the real platform. */
const isFixed = ({ requests, limits }: Run): boolean => requests.memory === limits.memory;

/** How often Kubernetes starts again what fails, at growing intervals: its own default. */
const mostRestarts = 6;

/** The Job behind a session: it runs one pod, that of a batch job once. */
export function jobOf(run: Run, plan: Plan): Job {
  const { settings } = plan;
  const labels = labelsOf(run, plan);
  const queue = queueOf(run, settings);
  return {
    metadata: {
      name: jobName(run),
      labels: {
        ...labels,
        ...(queue === undefined ? {} : { 'kueue.x-k8s.io/queue-name': queue }),
        ...priorityInQueue(run, settings),
      },
      annotations: settings.annotations,
    },
    spec: {
      backoffLimit: isRestarted(run) ? mostRestarts : 0,
      completions: 1,
      parallelism: 1,
      // A pod that is being evicted is still using its room, and its files.
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: Math.max(1, Math.ceil(run.lifetimeSeconds)),
      // Kueue lets it go when its turn comes.
      ...(queue === undefined ? {} : { suspend: true }),
      template: {
        metadata: { labels, annotations: settings.annotations },
        spec: podOf(run, plan),
      },
    },
  };
}

/** The queue of a session; a user's own comes first. */
export function queueOf(run: Pick<Run, 'kind' | 'user'>, { kueue }: KubernetesSettings) {
  return kueue?.users?.[run.user] ?? forKind(kueue?.queue, run.kind);
}

function priorityInQueue(run: Run, { kueue }: KubernetesSettings): Labels {
  const priority = forKind(kueue?.priorityClass, run.kind);
  return priority === undefined ? {} : { 'kueue.x-k8s.io/priority-class': priority };
}

function podOf(run: Run, plan: Plan): PodSpec {
  const { settings } = plan;
  const uid = uidOf(run, plan.ownUid);
  const { volumes, mounts } = storageOf(run, plan);
  const priority = forKind(settings.priorityClass, run.kind);
  const nodeSelector = {
    ...settings.nodeSelector,
    ...(run.gpus > 0 ? settings.gpuNodeSelector : {}),
  };
  const logins = [
    ...settings.imagePullSecrets.map((name) => ({ name })),
    ...(plan.hasLogin ? [{ name: loginName(run.key) }] : []),
  ];
  return {
    restartPolicy: isRestarted(run) ? 'OnFailure' : 'Never',
    ...(isHostname(run.name) ? { hostname: run.name } : {}),
    terminationGracePeriodSeconds: Math.max(1, Math.ceil(plan.graceMs / 1000)),
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    ...(settings.serviceAccount === undefined
      ? {}
      : { serviceAccountName: settings.serviceAccount }),
    ...(priority === undefined ? {} : { priorityClassName: priority }),
    ...(Object.keys(nodeSelector).length === 0 ? {} : { nodeSelector }),
    ...(settings.tolerations.length === 0
      ? {}
      : { tolerations: settings.tolerations satisfies readonly Toleration[] }),
    ...(logins.length === 0 ? {} : { imagePullSecrets: logins }),
    ...affinityOf(run),
    securityContext: {
      runAsUser: uid,
      runAsGroup: gidOf(run, plan.ownUid),
      runAsNonRoot: true,
      supplementalGroups: run.groups,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [containerOf(run, plan, mounts)],
    volumes,
  };
}

const isHostname = (name: string): boolean => /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(name);

/** The apps of a desktop draw on it through a socket: they are where it is. */
function affinityOf(run: Run): Pick<PodSpec, 'affinity'> {
  if (run.appId === undefined) return {};
  const desktop = { 'canfar.net/id': labelFrom(run.id), 'canfar.net/kind': 'desktop' };
  const term = { labelSelector: { matchLabels: desktop }, topologyKey: 'kubernetes.io/hostname' };
  return {
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
  };
}

function containerOf(run: Run, plan: Plan, volumeMounts: readonly VolumeMount[]): Container {
  const { settings } = plan;
  const [program, ...rest] = run.command;
  const gpus: Labels = run.gpus > 0 ? { [settings.gpuResource]: String(run.gpus) } : {};
  return {
    name: containerName,
    image: run.image,
    ...(settings.imagePullPolicy === undefined
      ? {}
      : { imagePullPolicy: settings.imagePullPolicy }),
    // A command replaces the image's own with its arguments; arguments alone replace those.
    ...(program === undefined ? {} : { command: [literal(program)], args: rest.map(literal) }),
    ...(program === undefined && run.args !== undefined ? { args: run.args.map(literal) } : {}),
    workingDir: plan.placeOf({ kind: 'home', user: run.user }),
    env: environmentOf(run, plan),
    ...(run.page === undefined ? {} : { ports: [{ containerPort: run.page.port }] }),
    resources: {
      requests: {
        cpu: coresQuantity(Math.min(run.requests.cores, run.limits.cores)),
        memory: bytesQuantity(Math.min(run.requests.memory, run.limits.memory)),
        ...gpus,
      },
      limits: {
        cpu: coresQuantity(run.limits.cores),
        memory: bytesQuantity(run.limits.memory),
        ...gpus,
      },
    },
    volumeMounts,
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    },
  };
}

/** Kubernetes puts values in place of `$(NAME)`; a second dollar keeps the text as it is. */
const literal = (text: string): string => text.replaceAll('$', '$$$$');

function environmentOf(run: Run, plan: Plan): EnvironmentVariable[] {
  const scratch = plan.placeOf({ kind: 'scratch', key: run.key });
  const more: Record<string, string> = { SCRATCH: scratch, TMPDIR: scratch };
  if (run.page !== undefined) more['PORT'] = String(run.page.port);
  const plain = Object.entries({ ...run.environment, ...more }).filter(
    ([name]) => !(name in run.secrets),
  );
  return [
    ...plain.map(([name, value]) => ({ name, value: literal(value) })),
    ...Object.keys(run.secrets).map((name) => ({
      name,
      valueFrom: { secretKeyRef: { name: secretName(run.key), key: name } },
    })),
  ];
}

/** Names of the volumes of every pod. */
const storageVolume = 'storage';
const scratchVolume = 'scratch';
const accountVolume = 'account';

function storageOf(run: Run, plan: Plan): { volumes: Volume[]; mounts: VolumeMount[] } {
  const { settings } = plan;
  const volumes = new Map<string, Volume>();
  const mounts: VolumeMount[] = [];
  for (const volume of run.volumes) {
    const mountPath = plan.placeOf(volume);
    if (volume.kind === 'scratch') {
      const { scratchSize } = settings;
      volumes.set(scratchVolume, { name: scratchVolume, emptyDir: { sizeLimit: scratchSize } });
      mounts.push({ name: scratchVolume, mountPath });
      continue;
    }
    const shared = sharedVolume(settings);
    if (shared === undefined) {
      // The folder of the platform itself: right where its machine is a node of the cluster.
      const name = nameFrom(`own-${folderOf(volume)}`);
      const path = plan.directoryOf(volume);
      volumes.set(name, { name, hostPath: { path, type: 'Directory' } });
      mounts.push({ name, mountPath });
    } else {
      volumes.set(storageVolume, shared);
      const inside = settings.storage?.folder;
      const subPath = [...(inside === undefined ? [] : [inside]), folderOf(volume)].join('/');
      mounts.push({ name: storageVolume, mountPath, subPath });
    }
  }
  volumes.set(accountVolume, {
    name: accountVolume,
    configMap: { name: accountName(plan.instance, run.user) },
  });
  for (const name of ['passwd', 'group']) {
    mounts.push({ name: accountVolume, mountPath: `/etc/${name}`, subPath: name, readOnly: true });
  }
  return { volumes: [...volumes.values()], mounts };
}

/** Where a volume lies in the storage of the platform. */
function folderOf(volume: SessionVolume): string {
  switch (volume.kind) {
    case 'home':
      return `home/${volume.user}`;
    case 'project':
      return `projects/${volume.name}`;
    case 'display':
      return `.displays/${volume.id}`;
    case 'scratch':
      return `.scratch/${volume.key}`;
  }
}

function sharedVolume({ storage }: KubernetesSettings): Volume | undefined {
  const name = storageVolume;
  if (storage?.claim !== undefined) {
    return { name, persistentVolumeClaim: { claimName: storage.claim } };
  }
  if (storage?.hostPath !== undefined) {
    return { name, hostPath: { path: storage.hostPath, type: 'Directory' } };
  }
  return storage?.nfs === undefined ? undefined : { name, nfs: storage.nfs };
}

/** What only the session may see; undefined when there is nothing. */
export function secretsOf(run: Run, plan: Pick<Plan, 'instance' | 'version' | 'settings'>) {
  if (Object.keys(run.secrets).length === 0) return undefined;
  const secret: Secret = {
    metadata: { name: secretName(run.key), labels: labelsOf(run, plan) },
    type: 'Opaque',
    stringData: run.secrets,
  };
  return secret;
}

/** What opens the registry of an image, as the kubelet reads it. */
export function registrySecret(
  key: string,
  registry: string,
  { username, secret }: { readonly username: string; readonly secret: string },
  instance: string,
): Secret {
  const auth = Buffer.from(`${username}:${secret}`).toString('base64');
  const config = { auths: { [registry]: { username, password: secret, auth } } };
  return {
    metadata: {
      name: loginName(key),
      labels: { [instanceLabel]: instance, [keyLabel]: labelFrom(key) },
    },
    type: 'kubernetes.io/dockerconfigjson',
    stringData: { '.dockerconfigjson': JSON.stringify(config) },
  };
}

/** The user's name and groups, as programs look them up. */
export function accountFiles(run: Run, uid: number, home: string): Labels {
  const own = uid === run.uid ? (run.gid ?? uid) : uid;
  const groups = run.groups
    .filter((gid) => gid !== own)
    .map((gid) => `g${gid}:x:${gid}:${run.user}\n`);
  return {
    passwd: `${run.user}:x:${uid}:${own}::${home}:/bin/sh\nroot:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n`,
    group: `${run.user}:x:${own}:\n${groups.join('')}root:x:0:\nnogroup:x:65534:\n`,
  };
}
