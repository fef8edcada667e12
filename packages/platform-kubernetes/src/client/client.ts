import type { IncomingMessage } from 'node:http';
import type { Ask, Transport } from './transport.js';
import type { KubernetesObject, ObjectList } from './types.js';

/** A kind of object: where it is in the API. */
export interface Resource {
  /** `v1`, or group and version: `batch/v1`. */
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
}

/** The kinds that sessions are made of and explained by. */
export const resources = {
  jobs: { version: 'batch/v1', kind: 'Job', plural: 'jobs' },
  pods: { version: 'v1', kind: 'Pod', plural: 'pods' },
  configMaps: { version: 'v1', kind: 'ConfigMap', plural: 'configmaps' },
  secrets: { version: 'v1', kind: 'Secret', plural: 'secrets' },
  events: { version: 'v1', kind: 'Event', plural: 'events' },
  namespaces: { version: 'v1', kind: 'Namespace', plural: 'namespaces' },
  nodes: { version: 'v1', kind: 'Node', plural: 'nodes' },
  limitRanges: { version: 'v1', kind: 'LimitRange', plural: 'limitranges' },
  quotas: { version: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas' },
  claims: { version: 'v1', kind: 'PersistentVolumeClaim', plural: 'persistentvolumeclaims' },
  networkPolicies: {
    version: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
  },
  services: { version: 'v1', kind: 'Service', plural: 'services' },
  ingresses: { version: 'networking.k8s.io/v1', kind: 'Ingress', plural: 'ingresses' },
  ingressClasses: {
    version: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    plural: 'ingressclasses',
  },
  httpRoutes: { version: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', plural: 'httproutes' },
  gateways: { version: 'gateway.networking.k8s.io/v1', kind: 'Gateway', plural: 'gateways' },
  leases: { version: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' },
  podMetrics: { version: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', plural: 'pods' },
} as const satisfies Record<string, Resource>;

/** Which objects of a kind are meant. */
export interface Selection {
  /** Undefined for kinds that belong to the cluster. */
  readonly namespace?: string | undefined;
  readonly labels?: string | undefined;
  readonly fields?: string | undefined;
}

/** How many objects one answer of a list has at most. */
const pageSize = 500;

/** What is asked of a cluster: the calls that sessions need. */
export class KubernetesClient {
  readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  /** The path of a kind, of one object of it, or of a part of that. */
  path(resource: Resource, namespace: string | undefined, ...more: readonly string[]): string {
    const root = resource.version.includes('/') ? '/apis' : '/api';
    const place = namespace === undefined ? [] : ['namespaces', namespace];
    const words = [...place, resource.plural, ...more].map(encodeURIComponent);
    return [`${root}/${resource.version}`, ...words].join('/');
  }

  async get<T extends KubernetesObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    signal?: AbortSignal,
  ): Promise<T> {
    return await this.transport.json<T>({ path: this.path(resource, namespace, name), signal });
  }

  /**
   * Lists objects, page by page, so that very many need not be in memory together.
   *
   * @param each - called for every object
   * @returns the version from which to watch
   */
  async list<T extends KubernetesObject>(
    resource: Resource,
    { namespace, labels, fields }: Selection,
    each: (object: T) => void,
    signal?: AbortSignal,
  ): Promise<string> {
    for (let next: string | undefined; ; ) {
      const query = {
        limit: pageSize,
        labelSelector: labels,
        fieldSelector: fields,
        continue: next,
      };
      const path = this.path(resource, namespace);
      const page = await this.transport.json<ObjectList<T>>({ path, query, signal });
      for (const object of page.items) each(object);
      next = page.metadata.continue === '' ? undefined : page.metadata.continue;
      if (next === undefined) return page.metadata.resourceVersion ?? '';
    }
  }

  async create<T extends KubernetesObject>(
    resource: Resource,
    namespace: string | undefined,
    object: T,
    signal?: AbortSignal,
  ): Promise<T> {
    const body = { apiVersion: resource.version, kind: resource.kind, ...object };
    const path = this.path(resource, namespace);
    return await this.transport.json<T>({ method: 'POST', path, body, signal });
  }

  /** Makes an object so, whatever it was: server-side apply, as the owner of what is given. */
  async apply<T extends KubernetesObject>(
    resource: Resource,
    namespace: string | undefined,
    object: T,
    signal?: AbortSignal,
  ): Promise<T> {
    const { name = '' } = object.metadata;
    return await this.transport.json<T>({
      method: 'PATCH',
      path: this.path(resource, namespace, name),
      query: { fieldManager: 'skaha-platform', force: true },
      // JSON is YAML.
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: resource.version, kind: resource.kind, ...object },
      signal,
    });
  }

  /** Changes the given fields of an object and no others. */
  async patch<T extends KubernetesObject>(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    change: unknown,
    signal?: AbortSignal,
  ): Promise<T> {
    return await this.transport.json<T>({
      method: 'PATCH',
      path: this.path(resource, namespace, name),
      contentType: 'application/merge-patch+json',
      body: change,
      signal,
    });
  }

  /**
   * Deletes an object; what belongs to it follows in the background.
   *
   * @param graceSeconds - between asking it to end and ending it; as it was made, when absent
   */
  async delete(
    resource: Resource,
    namespace: string | undefined,
    name: string,
    graceSeconds?: number,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.transport.json<unknown>({
      method: 'DELETE',
      path: this.path(resource, namespace, name),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: 'Background',
        ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }),
      },
      signal,
    });
  }

  /** Deletes all objects of a selection; what belongs to them follows in the background. */
  async deleteAll(
    resource: Resource,
    { namespace, labels, fields }: Selection,
    signal?: AbortSignal,
  ): Promise<void> {
    await this.transport.json<unknown>({
      method: 'DELETE',
      path: this.path(resource, namespace),
      query: { labelSelector: labels, fieldSelector: fields, propagationPolicy: 'Background' },
      signal,
    });
  }

  /** What a container of a pod said, as it comes. */
  async log(
    namespace: string,
    pod: string,
    query: NonNullable<Ask['query']>,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    // What is followed may be silent for as long as it likes.
    const silenceMs = query['follow'] === true ? 2 ** 31 - 1 : undefined;
    const path = this.path(resources.pods, namespace, pod, 'log');
    return await this.transport.open({
      path,
      query,
      signal,
      ...(silenceMs === undefined ? {} : { silenceMs }),
    });
  }

  close(): void {
    this.transport.close();
  }
}
