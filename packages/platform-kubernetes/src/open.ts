import { readFileSync } from 'node:fs';
import { systemClock } from '@skaha/base/clock.js';
import type {
  Leadership,
  LeadingOptions,
  OpenedRunner,
  Remains,
} from '@skaha/engine/ports/runner.js';
import { reasonOf } from '@skaha/service/errors.js';
import { readOffer } from './capacity.js';
import { KubernetesClient, resources } from './client/client.js';
import { isMissing, isUnauthorized } from './client/failure.js';
import { type Access, findAccess, NoAccess } from './client/kubeconfig.js';
import { Transport } from './client/transport.js';
import { KubernetesRunner } from './kubernetes-runner.js';
import { findKueue, type KueueKinds } from './kueue.js';
import { Lease } from './lease.js';
import { ofInstance } from './names.js';
import { PodMark } from './pod-mark.js';
import { missingRights } from './rights.js';
import { routeKind, routeObstacle } from './routes.js';
import { type KubernetesConfig, readSettings, settle } from './settings.js';
import type { Cluster } from './surroundings.js';

/** The value of a label of everything that is created. */
const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** Why no sessions can be run on a cluster, in words that follow a colon. */
class Obstacle extends Error {}

/**
 * Looks whether sessions can be run on the cluster that is meant: that it answers, knows us, has the
 * namespace and the queues, and lets us do what is needed.
 *
 * @param config - what the configuration contains under `runners.kubernetes`
 * @param signal - gives it up
 * @throws {PlatformError} `config.invalid` naming the key
 */
export async function openKubernetes(config: unknown, signal?: AbortSignal): Promise<OpenedRunner> {
  const settings = readSettings(config);
  let cluster: Cluster;
  try {
    cluster = await reach(settings, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof NoAccess || error instanceof Obstacle) return { obstacle: error.message };
    return { obstacle: reasonOf(error) };
  }
  return { make: (options) => new KubernetesRunner(cluster, options, version) };
}

/**
 * Waits until this platform is the one that works, of those that share its Lease.
 *
 * @returns undefined where the configuration wants one platform only
 */
export async function leadKubernetes(
  config: unknown,
  { logger, signal }: LeadingOptions,
): Promise<Leadership | { readonly obstacle: string } | undefined> {
  const settings = readSettings(config);
  if (settings.replicas === undefined) return undefined;
  let client: KubernetesClient | undefined;
  try {
    const cluster = await reach(settings, signal);
    client = cluster.client;
    const { lease: name = 'skaha-platform', seconds = 15 } = settings.replicas;
    const { namespace } = cluster;
    const lease = new Lease({ client, namespace, name, seconds, clock: systemClock, logger });
    const mark = new PodMark(cluster, name);
    await mark.remove(signal ?? new AbortController().signal);
    await lease.acquire(signal);
    return leadershipOf(cluster, lease, mark, logger);
  } catch (error) {
    client?.close();
    signal?.throwIfAborted();
    return { obstacle: reasonOf(error) };
  }
}

function leadershipOf(
  { client }: Cluster,
  lease: Lease,
  mark: PodMark,
  logger: LeadingOptions['logger'],
): Leadership {
  const released = new AbortController();
  const ending = AbortSignal.any([lease.lost, released.signal]);
  const unmark = () =>
    mark.remove().catch((error: unknown) => {
      logger.debug(`the mark of the pod cannot be taken away: ${reasonOf(error)}`);
    });
  lease.lost.addEventListener('abort', () => void unmark(), { once: true });
  return {
    lost: lease.lost,
    serving: () => {
      mark.set(ending).catch((error: unknown) => {
        if (!ending.aborted) logger.error(`the pod cannot be marked: ${reasonOf(error)}`);
      });
    },
    release: async () => {
      released.abort();
      await unmark();
      await lease.release();
      client.close();
    },
  };
}

async function reach(config: KubernetesConfig, signal?: AbortSignal): Promise<Cluster> {
  const access = findAccess({
    kubeconfig: config.kubeconfig,
    context: config.context,
    environment: process.env,
  });
  const client = new KubernetesClient(new Transport(access));
  try {
    return await examine(client, access, config, signal);
  } catch (error) {
    client.close();
    throw error;
  }
}

async function examine(
  client: KubernetesClient,
  access: Access,
  config: KubernetesConfig,
  signal?: AbortSignal,
): Promise<Cluster> {
  const { gitVersion } = await client.transport
    .json<{ gitVersion: string }>({ path: '/version', signal })
    .catch((error: unknown) => {
      throw explained(error, access);
    });
  const namespace = config.namespace ?? access.namespace;
  const reachesPods = (config.pages ?? (isInside(access) ? 'direct' : 'forward')) === 'direct';
  const home = isInside(access) ? access.namespace : undefined;
  const pod = home === undefined ? undefined : process.env['POD_NAME'];
  const asked = {
    marksPod: config.replicas !== undefined && pod !== undefined,
    forwardsPages: !reachesPods,
    networkPolicy: config.networkPolicy === true,
    route: config.route && routeKind(config.route),
    elects: config.replicas !== undefined,
  };
  await checkNamespace(client, namespace, access, signal);
  const obstacle = await routeObstacle(client, namespace, settle(config), signal);
  if (obstacle !== undefined) throw new Obstacle(obstacle);
  const kueue = await queuesOf(client, namespace, config, signal);
  const missing = await missingRights(
    client,
    namespace,
    { ...asked, workloads: kueue?.workloads },
    signal,
  );
  if (missing.length > 0) {
    throw new Obstacle(
      `${access.source} lacks rights in the namespace ${namespace}: ${missing.join('; ')}`,
    );
  }
  const claim = config.storage?.claim;
  if (claim !== undefined) await checkClaim(client, namespace, claim, signal);
  const { server } = access;
  const settings = settle(config);
  const offer = await readOffer({ client, namespace, settings }, undefined, signal);
  return {
    client,
    namespace,
    settings,
    offer,
    reachesPods,
    kueue,
    home,
    pod,
    version: gitVersion,
    server,
  };
}

const isInside = ({ source }: Access): boolean => source === 'the service account of this pod';

function explained(error: unknown, { source, server, credentials }: Access): Error {
  if (isUnauthorized(error)) {
    const why = credentials.expiry ?? 'they may have expired';
    return new Obstacle(`${server} does not accept the credentials of ${source}: ${why}`);
  }
  return new Obstacle(reasonOf(error));
}

/** A namespace may be there that its user may not see. */
async function checkNamespace(
  client: KubernetesClient,
  namespace: string,
  access: Access,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.get(resources.namespaces, undefined, namespace, signal);
  } catch (error) {
    if (isUnauthorized(error)) throw explained(error, access);
    if (!isMissing(error)) return;
    throw new Obstacle(
      `the cluster has no namespace ${namespace} (create it with 'kubectl create namespace ${namespace}')`,
    );
  }
}

async function checkClaim(
  client: KubernetesClient,
  namespace: string,
  claim: string,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await client.get(resources.claims, namespace, claim, signal);
  } catch (error) {
    if (!isMissing(error)) return;
    throw new Obstacle(`the namespace ${namespace} has no PersistentVolumeClaim ${claim}`);
  }
}

async function queuesOf(
  client: KubernetesClient,
  namespace: string,
  { kueue }: KubernetesConfig,
  signal?: AbortSignal,
): Promise<KueueKinds | undefined> {
  const byKind =
    typeof kueue?.queue === 'string' ? [kueue.queue] : Object.values(kueue?.queue ?? {});
  const names = new Set([...byKind, ...Object.values(kueue?.users ?? {})]);
  if (names.size === 0) return undefined;
  const kinds = await findKueue(client, signal);
  if (typeof kinds === 'string') throw new Obstacle(kinds);
  for (const name of names) {
    try {
      await client.get(kinds.queues, namespace, name, signal);
    } catch (error) {
      if (!isMissing(error)) throw error;
      throw new Obstacle(
        `the namespace ${namespace} has no LocalQueue ${name}, to which the configuration refers`,
      );
    }
  }
  return kinds;
}

/**
 * Removes everything on the cluster that carries an instance.
 *
 * @returns why that cannot be done; undefined when it was
 */
export async function clearKubernetes(
  { instance }: Pick<Remains, 'instance'>,
  config: unknown,
): Promise<string | undefined> {
  let client: KubernetesClient | undefined;
  try {
    const settings = readSettings(config);
    const { kubeconfig, context } = settings;
    const access = findAccess({ kubeconfig, context, environment: process.env });
    client = new KubernetesClient(new Transport(access));
    const namespace = settings.namespace ?? access.namespace;
    const kinds = [resources.jobs, resources.secrets, resources.configMaps];
    for (const resource of settings.networkPolicy === true
      ? [...kinds, resources.networkPolicies]
      : kinds) {
      await client.deleteAll(resource, { namespace, labels: ofInstance(instance) });
    }
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    client?.close();
  }
}
