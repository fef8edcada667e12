// @ts-check
// A real Kubernetes on this machine, on loopback alone: etcd, the API server, the controllers and the
// scheduler, and if asked for a real node, simulated ones, and Kueue.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { makeCertificates } from './certificates.mjs';
import { writeImages } from './images.mjs';
import { kueueManifests } from './kueue.mjs';
import { PodNetwork } from './network.mjs';
import { clearGroup, endShims, groupsOf, writeNodeConfig } from './node.mjs';
import { partsIn } from './parts.mjs';

/** The name of the real node. */
export const realNode = '127.0.0.1';

/** @returns {Promise<number>} a port that nobody has now */
export const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });

/**
 * Waits until something is so.
 *
 * @param {string} what
 * @param {() => boolean | Promise<boolean>} check
 * @param {number} [seconds]
 */
async function until(what, check, seconds = 60) {
  const end = performance.now() + seconds * 1000;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`${what} took longer than ${seconds} s`);
    await pause(100);
  }
}

/**
 * Options as programs of Kubernetes take them.
 *
 * @param {Record<string, string | number | boolean | undefined>} options
 */
const flags = (options) => Object.entries(options).map(([name, value]) => `--${name}=${value}`);

export class KubernetesCluster {
  /** @type {ReturnType<typeof partsIn>} */
  #parts;
  /** @type {Map<string, import('node:child_process').ChildProcess>} */
  #processes = new Map();
  /** @type {Record<string, number>} */
  #ports = {};
  /** @type {string | undefined} */
  #group;
  /** @type {number | undefined} */
  #patience;
  /** @type {PodNetwork | undefined} */
  network;

  /**
   * @param {string} folder - where all it needs is kept; empty
   * @param {string} parts - see {@link partsIn}
   */
  constructor(folder, parts) {
    this.folder = folder;
    this.#parts = partsIn(parts);
  }

  get kubeconfig() {
    return join(this.folder, 'admin.conf');
  }

  get server() {
    return `https://127.0.0.1:${this.#ports['api']}`;
  }

  get busybox() {
    return this.#parts.busybox;
  }

  get authority() {
    return join(this.folder, 'pki', 'ca.crt');
  }

  /**
   * @param {{seconds?: number | undefined, network?: boolean | undefined}} [wish] - after how long a node that nobody
   *   hears of is given up, and so are its pods; as Kubernetes does it by default, which takes minutes. Whether pods
   *   have a network; without, each has loopback alone
   */
  async start({ seconds, network = false } = {}) {
    this.#patience = seconds;
    if (network) {
      this.network = new PodNetwork();
      this.network.open();
    }
    for (const name of ['pki', 'log']) mkdirSync(join(this.folder, name), { recursive: true });
    for (const name of ['etcd', 'peer', 'api', 'controllers', 'scheduler']) {
      this.#ports[name] = await freePort();
    }
    makeCertificates(join(this.folder, 'pki'), this.network?.api);
    for (const name of ['admin', 'controllers', 'scheduler', 'node']) this.#writeConfig(name);
    this.#startEtcd();
    await this.#startApiServer();
    if (this.network !== undefined) this.lead(this.network.api, 443, this.#ports['api'] ?? 0);
    this.#startManager('controllers', 'controller-manager', {
      // Five, as by default, wait for each other's answers rather than for the processor.
      'concurrent-job-syncs': 30,
      // Without it Jobs stay empty: the controllers may do nothing as themselves.
      'use-service-account-credentials': true,
      'root-ca-file': 'pki/ca.crt',
      'service-account-private-key-file': 'pki/sa.key',
      ...(seconds === undefined ? {} : { 'node-monitor-grace-period': `${seconds}s` }),
    });
    this.#startManager('scheduler', 'scheduler');
    await until('the default service account', () =>
      this.#says(['get', 'serviceaccount', 'default', '-n', 'default', '-o', 'name'], 'default'),
    );
  }

  /**
   * @param {string} name - of its configuration and its port
   * @param {string} program
   * @param {Parameters<typeof flags>[0]} [options] - what it has besides what all have
   */
  #startManager(name, program, options = {}) {
    const config = `${name}.conf`;
    this.#start(name, this.#parts.kubernetes, [
      program,
      ...flags({
        kubeconfig: config,
        'authentication-kubeconfig': config,
        'authorization-kubeconfig': config,
        'bind-address': '127.0.0.1',
        'leader-elect': false,
        'kube-api-qps': 500,
        'kube-api-burst': 1000,
        'secure-port': this.#ports[name],
        ...options,
      }),
    ]);
  }

  #startEtcd() {
    const client = `http://127.0.0.1:${this.#ports['etcd']}`;
    const peer = `http://127.0.0.1:${this.#ports['peer']}`;
    this.#start('etcd', this.#parts.kubernetes, [
      'etcd',
      ...flags({
        'data-dir': 'etcd',
        'unsafe-no-fsync': true,
        name: 'one',
        'listen-client-urls': client,
        'advertise-client-urls': client,
        'listen-peer-urls': peer,
        'initial-advertise-peer-urls': peer,
        'initial-cluster': `one=${peer}`,
        'log-level': 'warn',
      }),
    ]);
  }

  async #startApiServer() {
    this.#start('apiserver', this.#parts.kubernetes, [
      'apiserver',
      ...flags({
        'etcd-servers': `http://127.0.0.1:${this.#ports['etcd']}`,
        'bind-address': '127.0.0.1',
        'secure-port': this.#ports['api'],
        'advertise-address': '127.0.0.1',
        'endpoint-reconciler-type': 'none',
        'tls-cert-file': 'pki/server.crt',
        'tls-private-key-file': 'pki/server.key',
        'client-ca-file': 'pki/ca.crt',
        'authorization-mode': 'Node,RBAC',
        'service-account-issuer': 'https://kubernetes.default.svc',
        'service-account-key-file': 'pki/sa.pub',
        'service-account-signing-key-file': 'pki/sa.key',
        'service-cluster-ip-range': this.network?.services ?? '10.96.0.0/16',
        'kubelet-client-certificate': 'pki/admin.crt',
        'kubelet-client-key': 'pki/admin.key',
        'kubelet-preferred-address-types': 'InternalIP,Hostname',
        ...(this.#patience === undefined ? {} : { 'default-unreachable-toleration-seconds': 1 }),
      }),
    ]);
    await until('the API server', () => this.#says(['get', '--raw', '/readyz'], 'ok'), 90);
  }

  /**
   * Leads from an address in the network of pods to a port of the loopback address.
   *
   * @param {string} host
   * @param {number} port
   * @param {number} target
   */
  lead(host, port, target) {
    const program = fileURLToPath(new URL('./lead.mjs', import.meta.url));
    this.#start(`lead-${port}`, process.execPath, [program, host, `${port}`, `${target}`]);
  }

  /** Ends the API server as a crash would, and starts it again. */
  async restartApiServer({ during = async () => undefined } = {}) {
    await this.#end('apiserver', 'SIGKILL');
    await during();
    await this.#startApiServer();
  }

  /**
   * Adds a real node: a kubelet and containerd on this machine.
   *
   * @param {readonly string[]} [images] - further names of the image of sessions
   */
  async addNode(images = []) {
    const { containerd, runc, busybox } = this.#parts;
    const archives = writeImages(join(this.folder, 'images'), busybox, images);
    writeNodeConfig(this.folder, runc, [await freePort(), await freePort()], this.network);
    const path = `${containerd}:${process.env['PATH']}`;
    // In a mount namespace of their own: what they mount goes away with it, and files bound over
    // three switches of the kernel keep the kubelet from setting them for the whole machine.
    const switches = {
      'vm/overcommit_memory': '1',
      'kernel/panic': '10',
      'kernel/panic_on_oops': '1',
    };
    mkdirSync(join(this.folder, 'switches'), { recursive: true });
    const binds = Object.entries(switches).map(([name, value]) => {
      const file = join(this.folder, 'switches', basename(name));
      writeFileSync(file, `${value}\n`);
      return `mount --bind ${file} /proc/sys/${name}`;
    });
    const script = `${binds.join(' && ')} && exec "$@"`;
    const apart = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh'];
    const config = ['-c', 'containerd.toml'];
    this.#start('containerd', 'unshare', [...apart, join(containerd, 'containerd'), ...config], {
      PATH: path,
    });
    await until('containerd', () => {
      try {
        this.#ctr('version');
        return true;
      } catch {
        return false;
      }
    });
    for (const archive of archives) this.importImage(archive);
    this.#makeGroup();
    const inside = ['-t', `${this.#processes.get('containerd')?.pid}`, '-m', '--'];
    this.#start('kubelet', 'nsenter', [
      ...inside,
      this.#parts.kubernetes,
      'kubelet',
      ...flags({
        config: join(this.folder, 'kubelet.yaml'),
        kubeconfig: join(this.folder, 'node.conf'),
        'root-dir': join(this.folder, 'kubelet'),
        'cert-dir': join(this.folder, 'kubelet-pki'),
        'hostname-override': realNode,
      }),
    ]);
    const ready = '{.status.conditions[?(@.type=="Ready")].status}';
    await until('the node', () =>
      this.#says(['get', 'node', realNode, '-o', `jsonpath=${ready}`], 'True'),
    );
  }

  /** Gives the real node an image, from its archive. */
  importImage(/** @type {string} */ archive) {
    this.#ctr('-n', 'k8s.io', 'images', 'import', archive);
  }

  #ctr(/** @type {string[]} */ ...args) {
    const socket = join(this.folder, 'run/c.sock');
    execFileSync(join(this.#parts.containerd, 'ctr'), ['-a', socket, ...args], { stdio: 'pipe' });
  }

  /** Two kubelets of one machine under the same group end each other's pods. */
  #makeGroup() {
    const name = `skaha-kubernetes-${process.pid}-${Date.now()}`;
    this.#group = name;
    writeFileSync(
      join(this.folder, 'kubelet.yaml'),
      readFileSync(join(this.folder, 'kubelet.yaml'), 'utf8').replace('GROUP', name),
    );
    for (const path of groupsOf(name)) mkdirSync(path, { recursive: true });
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const above = join('/sys/fs/cgroup/cpuset', file);
      if (existsSync(above)) {
        writeFileSync(join('/sys/fs/cgroup/cpuset', name, file), readFileSync(above, 'utf8'));
      }
    }
  }

  /**
   * Adds nodes that only seem to run pods.
   *
   * @param {number} count
   * @param {Record<string, string>} [capacity] - of each
   */
  async addSimulatedNodes(count, capacity = { cpu: '32', memory: '256Gi', pods: '110' }) {
    const { kwok, kwokSource } = this.#parts;
    const stages = ['node/fast', 'node/heartbeat-with-lease', 'pod/general'].flatMap((name) => {
      const folder = join(kwokSource, 'kustomize', 'stage', name);
      return readdirSync(folder)
        .filter((file) => /^(?:node|pod)-.*\.yaml$/.test(file))
        .map((file) => readFileSync(join(folder, file), 'utf8'));
    });
    writeFileSync(join(this.folder, 'kwok.yaml'), stages.join('\n---\n'));
    const port = await freePort();
    const options = flags({
      kubeconfig: this.kubeconfig,
      config: 'kwok.yaml',
      'manage-all-nodes': false,
      'manage-nodes-with-label-selector': 'type=kwok',
      'server-address': `127.0.0.1:${port}`,
      'node-ip': '127.0.0.1',
      'node-port': port,
      'node-lease-duration-seconds': 40,
    });
    this.#start('kwok', kwok, options);
    const nodes = Array.from({ length: count }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: `kwok-${index}`,
        annotations: { 'kwok.x-k8s.io/node': 'fake', 'node.alpha.kubernetes.io/ttl': '0' },
        labels: { type: 'kwok', 'kubernetes.io/hostname': `kwok-${index}` },
      },
      spec: { taints: [{ key: 'kwok.x-k8s.io/node', value: 'fake', effect: 'NoSchedule' }] },
      status: { allocatable: capacity, capacity },
    }));
    this.apply({ apiVersion: 'v1', kind: 'List', items: nodes });
    await until(
      'the simulated nodes',
      () => {
        const told = this.kubectl(['get', 'nodes', '-l', 'type=kwok', '--no-headers']);
        return (told.match(/\bReady\b/g) ?? []).length === count;
      },
      120,
    );
  }

  /**
   * Nobody hears of a simulated node any more. Another must be left: where no node at all is heard of,
   * Kubernetes takes the fault for its own and gives none of them up.
   *
   * @param {string} name
   */
  loseSimulatedNode(name) {
    this.kubectl(['label', 'node', name, 'type-']);
  }

  /** Adds Kueue, whose manager runs beside the cluster. */
  async addKueue() {
    const [webhook, health, metrics] = [await freePort(), await freePort(), await freePort()];
    const parts = kueueManifests(this.#parts.kueueSource, this.authority, webhook);
    this.apply(parts.definitions, ['--validate=false'], 'create');
    this.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    this.kubectl(['create', 'namespace', 'kueue-system']);
    const certificates = join(this.folder, 'webhook');
    mkdirSync(certificates, { recursive: true });
    for (const [from, to] of /** @type {const} */ ([
      ['webhook.crt', 'tls.crt'],
      ['webhook.key', 'tls.key'],
    ])) {
      writeFileSync(join(certificates, to), readFileSync(join(this.folder, 'pki', from)));
    }
    writeFileSync(
      join(this.folder, 'kueue.yaml'),
      `apiVersion: config.kueue.x-k8s.io/v1beta2
kind: Configuration
namespace: kueue-system
health: {healthProbeBindAddress: "127.0.0.1:${health}"}
metrics: {bindAddress: "127.0.0.1:${metrics}"}
webhook: {host: 127.0.0.1, port: ${webhook}, certDir: ${certificates}}
leaderElection: {leaderElect: false}
internalCertManagement: {enable: false}
clientConnection: {qps: 200, burst: 400}
integrations: {frameworks: ["batch/job"]}
`,
    );
    // Its manager reads the certificate of its metrics from a fixed place.
    mkdirSync('/etc/kueue', { recursive: true });
    const script =
      'mount -t tmpfs kueue /etc/kueue && mkdir -p /etc/kueue/metrics && cp -r webhook /etc/kueue/metrics/certs && exec "$@"';
    const apart = ['-m', '--propagation', 'private', 'sh', '-c', script, 'sh'];
    this.#start('kueue', 'unshare', [
      ...apart,
      this.#parts.kueue,
      '--config=kueue.yaml',
      `--kubeconfig=${this.kubeconfig}`,
      '--feature-gates=VisibilityOnDemand=false',
    ]);
    await until('Kueue', async () => {
      const answer = await fetch(`http://127.0.0.1:${health}/readyz`).catch(() => undefined);
      return answer?.ok === true;
    });
    // Once they are there and nobody answers, every Job is refused.
    this.apply(parts.webhooks, ['--server-side', '--force-conflicts']);
  }

  /**
   * @param {readonly string[]} args
   * @param {string} [input]
   */
  kubectl(args, input) {
    return execFileSync(
      this.#parts.kubernetes,
      ['kubectl', '--kubeconfig', this.kubeconfig, ...args],
      {
        encoding: 'utf8',
        input,
        stdio: ['pipe', 'pipe', 'pipe'],
        maxBuffer: 2 ** 28,
      },
    );
  }

  /**
   * @param {unknown} object
   * @param {readonly string[]} [options]
   * @param {'apply' | 'create'} [verb]
   */
  apply(object, options = [], verb = 'apply') {
    return this.kubectl([verb, ...options, '-f', '-'], JSON.stringify(object));
  }

  /** Ends all of it. */
  async stop() {
    if (this.#processes.has('kubelet')) {
      // What runs in pods outlives the kubelet and containerd.
      try {
        const all = ['pods', '-A', '--field-selector', `spec.nodeName=${realNode}`];
        this.kubectl(['delete', ...all, '--force', '--grace-period=0', '--wait=false']);
        await pause(1500);
      } catch {
        // They are ended by their group below.
      }
    }
    const leads = [...this.#processes.keys()].filter((name) => name.startsWith('lead-'));
    const order = ['kubelet', 'kueue', 'kwok', 'scheduler', 'controllers', 'apiserver', 'etcd'];
    for (const name of [...order, 'containerd', ...leads]) await this.#end(name, 'SIGTERM');
    for (let round = 0; this.#group !== undefined && round < 6; round += 1) {
      if (clearGroup(this.#group)) break;
      await pause(200);
    }
    endShims(join(this.folder, 'run'));
    this.network?.close();
  }

  /** @type {(name: string, signal: NodeJS.Signals) => Promise<void>} */
  async #end(name, signal) {
    const child = this.#processes.get(name);
    this.#processes.delete(name);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await over;
    clearTimeout(late);
  }

  /** @type {(name: string, file: string, args: readonly string[], more?: NodeJS.ProcessEnv) => void} */
  #start(name, file, args, more = {}) {
    const log = openSync(join(this.folder, 'log', `${name}.log`), 'a');
    // Whoever is killed in the middle of a test leaves nothing behind that goes on for ever.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', file, ...args], {
      cwd: this.folder,
      env: { ...process.env, ...more },
      stdio: ['ignore', log, log],
      detached: true,
    });
    child.unref();
    this.#processes.set(name, child);
  }

  /** @type {(args: readonly string[], words: string) => boolean} */
  #says(args, words) {
    for (const [name, child] of this.#processes) {
      if (child.exitCode !== null)
        throw new Error(`${name} ended: see ${this.folder}/log/${name}.log`);
    }
    try {
      return this.kubectl([...args, '--request-timeout=5s']).includes(words);
    } catch {
      return false;
    }
  }

  /** @param {string} name */
  #writeConfig(name) {
    const pki = join(this.folder, 'pki');
    const user = {
      'client-certificate': join(pki, `${name}.crt`),
      'client-key': join(pki, `${name}.key`),
    };
    this.#writeConfigAt(join(this.folder, `${name}.conf`), name, user, this.server);
  }

  /**
   * Writes a kubeconfig of somebody who has a certificate, or something else.
   *
   * @param {string} name
   * @param {Record<string, string>} [user] - in place of the certificate, where there is anything
   * @param {string} [server]
   * @returns its path
   */
  writeConfigFor(name, user = {}, server = this.server) {
    const pki = join(this.folder, 'pki');
    const certified = {
      'client-certificate': join(pki, `${name}.crt`),
      'client-key': join(pki, `${name}.key`),
    };
    const path = join(this.folder, `${name}-${Date.now()}.conf`);
    this.#writeConfigAt(path, name, Object.keys(user).length === 0 ? certified : user, server);
    return path;
  }

  /** @type {(path: string, name: string, user: Record<string, string>, server: string) => void} */
  #writeConfigAt(path, name, user, server) {
    const cluster = { server, 'certificate-authority': this.authority };
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'one', cluster }],
      users: [{ name, user }],
      contexts: [{ name, context: { cluster: 'one', user: name } }],
      'current-context': name,
    };
    writeFileSync(path, JSON.stringify(content));
  }
}
