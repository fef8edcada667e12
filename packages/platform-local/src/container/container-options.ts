import type { Run } from '@skaha/engine/ports/runner.js';
import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type { Mount } from '../mounts.js';
import type { ContainerPlace } from './container-networks.js';
import type { EngineFacts } from './engine.js';
import type { SessionUser } from './session-mounts.js';

/** What a container is made from, besides the run. */
export interface ContainerPlan {
  readonly name: string;
  /** Distinguishes the containers of this data directory from all others. */
  readonly instance: string;
  readonly facts: EngineFacts;
  /** Network of sessions that are not cut off from it. */
  readonly network: string | undefined;
  /** The owner's home as the session sees it. */
  readonly home: string;
  readonly user: SessionUser | undefined;
  readonly mounts: readonly Mount[];
  /** Its place, if the platform makes its network. */
  readonly place?: Pick<ContainerPlace, 'address' | 'namespace'> | undefined;
  /** The parent of its control group, if the platform makes that. */
  readonly parentGroup?: string | undefined;
}

/** Label that holds the identity of a data directory. */
export const instanceLabel = 'skaha.platform';

/** Label that holds the key of a session. */
export const keyLabel = 'skaha.session';

/**
 * How the engine is asked to run a session: as the real platform does it, with the owner's home at
 * its place, the limits, no capabilities, and no way to gain any.
 */
export function containerOptions(run: Run, plan: ContainerPlan): ContainerCreateOptions {
  const [entrypoint, ...rest] = run.command;
  const own = run.args === undefined ? {} : { Cmd: [...run.args] };
  const { user } = plan;
  return {
    name: plan.name,
    Image: run.image,
    // A command replaces the image's own with its arguments; arguments alone replace those.
    ...(entrypoint === undefined ? own : { Entrypoint: [entrypoint], Cmd: rest }),
    Env: environmentOf(run, plan),
    WorkingDir: plan.home,
    Hostname: hostOf(run),
    ...(user === undefined ? {} : { User: `${user.uid}:${user.gid}` }),
    Labels: {
      [instanceLabel]: plan.instance,
      [keyLabel]: run.key,
      'canfar.net/id': run.id,
      'canfar.net/kind': run.kind,
      'canfar.net/username': run.user,
    },
    ...(run.page === undefined || plan.place !== undefined
      ? {}
      : { ExposedPorts: { [`${run.page.port}/tcp`]: {} } }),
    HostConfig: hostConfig(run, plan),
  };
}

function hostConfig(run: Run, plan: ContainerPlan): HostConfig {
  const { facts } = plan;
  const network = networkOf(run, plan);
  return {
    Mounts: mountsOf(plan.mounts),
    ...(network === undefined ? {} : { NetworkMode: network }),
    ...(run.page === undefined || plan.place !== undefined || network === 'host'
      ? {}
      : { PortBindings: { [`${run.page.port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
    NanoCpus: Math.round(run.limits.cores * 1e9),
    Memory: run.limits.memory,
    // The same number: no swap beyond the memory.
    MemorySwap: run.limits.memory,
    PidsLimit: run.limits.processes,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges', ...(facts.selinux ? ['label=disable'] : [])],
    // Both engines keep the whole output with it; others rotate it, or give it to the system.
    LogConfig: { Type: 'json-file', Config: {} },
    RestartPolicy: { Name: '' },
    ...(plan.parentGroup === undefined ? {} : { CgroupParent: plan.parentGroup }),
    // The owner's files then belong to the owner inside too.
    ...(facts.rootless && facts.name === 'Podman' ? { UsernsMode: 'keep-id' } : {}),
  };
}

/** The name by which a session knows itself. */
export const hostOf = ({ key }: Pick<Run, 'key'>): string => key.slice(0, 63);

/** Undefined leaves it to the engine. */
function networkOf(run: Run, { place, network }: ContainerPlan): string | undefined {
  if (place !== undefined) return `ns:${place.namespace}`;
  return run.network === 'none' && run.page === undefined ? 'none' : network;
}

function environmentOf(run: Run, { place }: ContainerPlan): string[] {
  const more: Record<string, string> = {
    SCRATCH: '/scratch',
    TMPDIR: '/scratch',
    // The engine chooses the address, and resolves the name in the session.
    skaha_hostname: place?.address ?? hostOf(run),
  };
  if (run.page !== undefined) more['PORT'] = String(run.page.port);
  return Object.entries({ ...run.environment, ...more }).map(([name, value]) => `${name}=${value}`);
}

/** Outer ones first, whatever order the engine goes by. */
const mountsOf = (mounts: readonly Mount[]): MountSettings[] =>
  mounts
    .toSorted((a, b) => a.target.split('/').length - b.target.split('/').length)
    .map(({ source, target, readOnly }) => ({
      Type: 'bind',
      Source: source,
      Target: target,
      ReadOnly: readOnly ?? false,
    }));
