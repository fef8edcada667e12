import { mkdirSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { until } from '../../platform/tests/fixtures.js';
import type { KubernetesCluster } from './lab/cluster.mjs';
import { realNode } from './lab/cluster.mjs';

/**
 * A new volume of the real node, as a driver makes one: it is root's. Whoever mounts it first with a
 * group of its own is given it by the kubelet.
 *
 * @param claim - the one for which it is
 * @returns its folder
 */
export function localVolume(cluster: KubernetesCluster, namespace: string, claim: string): string {
  const path = join(cluster.folder, `${namespace}-storage`);
  mkdirSync(path);
  const onNode = { key: 'kubernetes.io/hostname', operator: 'In', values: [realNode] };
  cluster.apply({
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: namespace },
    spec: {
      capacity: { storage: '20Gi' },
      // What it can do; a claim says which of it is wanted.
      accessModes: ['ReadWriteOnce', 'ReadWriteMany'],
      claimRef: { namespace, name: claim },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode] }] } },
    },
  });
  return path;
}

/** Where a Service leads. */
interface EndpointSlice {
  readonly endpoints:
    | readonly {
        readonly addresses: readonly string[];
        readonly conditions: { readonly ready: boolean };
        readonly targetRef: { readonly name: string };
      }[]
    | null;
  readonly ports: readonly { readonly port: number }[];
}

/** What a platform answered. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A platform in the cluster, as its main user reaches it: by its Service. */
export class PlatformInside {
  readonly #cluster: KubernetesCluster;
  readonly #namespace: string;
  readonly #service: string;
  #token: string | undefined;

  constructor(cluster: KubernetesCluster, namespace: string, service: string) {
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#service = service;
  }

  kubectl(...words: string[]): string {
    return this.#cluster.kubectl(['-n', this.#namespace, ...words]);
  }

  get(...words: string[]) {
    return JSON.parse(this.kubectl('get', ...words, '-o', 'json'));
  }

  /** The pods to which the Service leads. */
  endpoints(): { readonly pod: string; readonly host: string; readonly port: number }[] {
    const label = `kubernetes.io/service-name=${this.#service}`;
    const slices: EndpointSlice[] = this.get('endpointslices', '-l', label).items;
    return slices.flatMap(({ endpoints, ports }) =>
      (endpoints ?? [])
        .filter(({ conditions }) => conditions.ready)
        .map(({ addresses: [host = ''], targetRef }) => ({
          pod: targetRef.name,
          host,
          port: ports[0]?.port ?? 0,
        })),
    );
  }

  /** As the administrator of the namespace reads it. */
  #ownToken(): string {
    const [endpoint] = this.endpoints();
    if (endpoint === undefined) throw new Error('the Service leads nowhere');
    const file = '/data/platform/private/users/admin.token';
    return this.kubectl('exec', endpoint.pod, '-c', 'platform', '--', 'cat', file).trim();
  }

  /** The status is 0 when nothing answers. */
  async ask(method: string, path: string, form?: Record<string, string>): Promise<Answer> {
    this.#token ??= this.#ownToken();
    const body = form && new URLSearchParams(form).toString();
    try {
      return await this.#send(method, path, body);
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }

  async #send(method: string, path: string, body: string | undefined): Promise<Answer> {
    const [address] = this.endpoints();
    if (address === undefined) throw new Error('the Service leads nowhere');
    const { host, port } = address;
    const outgoing = request({
      host,
      port,
      method,
      path,
      agent: false,
      timeout: 5_000,
      // Its certificate is in the volume, and not what is tried here.
      rejectUnauthorized: false,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
    });
    return await new Promise((resolve, reject) => {
      outgoing.on('timeout', () => outgoing.destroy(new Error('no answer'))).on('error', reject);
      outgoing.on('response', (incoming) => {
        let text = '';
        incoming.on('error', reject);
        incoming.on('data', (data: Buffer) => {
          text += data.toString('utf8');
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      });
      outgoing.end(body);
    });
  }

  /** @returns the id, where the creation was acknowledged */
  async create(fields: Record<string, string>): Promise<string | undefined> {
    const { status, text } = await this.ask('POST', '/skaha/v1/session', fields);
    return status === 200 ? text.trim() : undefined;
  }

  async status(id: string): Promise<string | undefined> {
    const { status, text } = await this.ask('GET', `/skaha/v1/session/${id}`);
    return status === 200 ? (JSON.parse(text) as { status: string }).status : undefined;
  }

  async until(id: string, wanted: string): Promise<void> {
    try {
      await until(async () => (await this.status(id)) === wanted);
    } catch (cause) {
      const { text } = await this.ask('GET', `/skaha/v1/session/${id}?view=events`);
      throw new Error(`it is ${await this.status(id)}, not ${wanted}:\n${text}`, { cause });
    }
  }

  /** Waits until all pods of the Deployment are new, and ready; tells why where they do not become it. */
  ready(seconds = 120): void {
    try {
      this.kubectl('rollout', 'status', `deployment/${this.#service}`, `--timeout=${seconds}s`);
    } catch (error) {
      throw new Error(this.#report(), { cause: error });
    }
  }

  #report(): string {
    const all = ['-l', 'app.kubernetes.io/name=skaha-platform'];
    const logs = ['logs', ...all, '--all-containers', '--prefix', '--tail=20'];
    return [['get', 'pods,events'], ['describe', 'pods', ...all], logs]
      .map((words) => {
        try {
          return this.kubectl(...words);
        } catch (error) {
          return String(error);
        }
      })
      .join('\n');
  }
}
