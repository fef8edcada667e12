import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parseRecord } from '@skaha/base/json.js';
import { isRecord } from '@skaha/base/record.js';
import { firstLine } from '@skaha/base/redact.js';
import { reasonOf, systemCode } from '@skaha/service/errors.js';
import { KubernetesError } from './failure.js';

/** What proves to a cluster who asks; a secret. */
export interface Proof {
  readonly token?: string | undefined;
  /** PEM. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

/** Where proofs come from. */
export interface Credentials {
  /** The proof in force now. */
  proof(): Promise<Proof>;
  /** The server did not take the last proof: the next may not be the same from memory. */
  refused(): void;
  /** What of a proof that never changes has ended, and when, in words; undefined for all others. */
  readonly expiry?: string | undefined;
}

/** A proof that is in the kubeconfig. */
export class FixedCredentials implements Credentials {
  readonly #proof: Proof;

  constructor(proof: Proof) {
    this.#proof = proof;
  }

  async proof(): Promise<Proof> {
    return this.#proof;
  }

  refused(): void {}

  get expiry(): string | undefined {
    const { token, certificate } = this.#proof;
    const ends = {
      'client certificate': certificate && endOfCertificate(certificate.cert),
      token: token && endOfToken(token),
    };
    for (const [what, end] of Object.entries(ends)) {
      if (typeof end === 'number' && end < Date.now())
        return `the ${what} expired on ${new Date(end).toISOString().slice(0, 10)}`;
    }
    return undefined;
  }
}

/** Milliseconds since the epoch; undefined for what is no certificate. */
function endOfCertificate(pem: string): number | undefined {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/** Milliseconds since the epoch; undefined for tokens that do not say it. */
function endOfToken(token: string): number | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'),
    );
    const end = isRecord(claims) ? claims['exp'] : undefined;
    return typeof end === 'number' ? end * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** How long a token read from a file is used: the kubelet exchanges it long before it ends. */
const rereadMs = 60_000;

/** A token in a file that somebody else renews. */
export class FileToken implements Credentials {
  readonly #path: string;
  #known: { readonly proof: Proof; readonly until: number } | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async proof(): Promise<Proof> {
    if (this.#known !== undefined && performance.now() < this.#known.until)
      return this.#known.proof;
    try {
      const token = (await readFile(this.#path, 'utf8')).trim();
      this.#known = { proof: { token }, until: performance.now() + rereadMs };
      return this.#known.proof;
    } catch (error) {
      const why =
        systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;
      throw new KubernetesError(`the token file ${this.#path} ${why}`, { cause: error });
    }
  }

  refused(): void {
    this.#known = undefined;
  }
}

const run = promisify(execFile);

/** How long a program may take to bring a credential. */
const programPatienceMs = 60_000;

/** A credential is exchanged this long before it ends. */
const marginMs = 30_000;

/** Credentials that a program brings, as kubeconfigs of cloud services name one. */
export class ExecCredentials implements Credentials {
  readonly #exec: Readonly<Record<string, unknown>>;
  readonly #folder: string;
  readonly #cluster: Readonly<Record<string, unknown>>;
  #known: { readonly proof: Proof; readonly until: number } | undefined;
  #asking: Promise<Proof> | undefined;

  /**
   * @param exec - the part `exec` of the kubeconfig
   * @param folder - of the kubeconfig
   * @param cluster - given to the program where it asks for it
   */
  constructor(
    exec: Readonly<Record<string, unknown>>,
    folder: string,
    cluster: {
      readonly server: string;
      readonly ca: string | undefined;
      readonly insecure: boolean;
      readonly serverName: string | undefined;
    },
  ) {
    this.#exec = exec;
    this.#folder = folder;
    this.#cluster = {
      server: cluster.server,
      'insecure-skip-tls-verify': cluster.insecure,
      ...(cluster.serverName === undefined ? {} : { 'tls-server-name': cluster.serverName }),
      ...(cluster.ca === undefined
        ? {}
        : { 'certificate-authority-data': Buffer.from(cluster.ca).toString('base64') }),
    };
  }

  async proof(): Promise<Proof> {
    if (this.#known !== undefined && Date.now() < this.#known.until) return this.#known.proof;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return await this.#asking;
  }

  refused(): void {
    this.#known = undefined;
  }

  async #ask(): Promise<Proof> {
    const { command, args, env, apiVersion, provideClusterInfo } = this.#exec;
    if (typeof command !== 'string') {
      throw new KubernetesError('the kubeconfig has no command for its exec credential');
    }
    const info = {
      apiVersion,
      kind: 'ExecCredential',
      spec: {
        interactive: false,
        ...(provideClusterInfo === true ? { cluster: this.#cluster } : {}),
      },
    };
    const own = Array.isArray(env) ? (env as unknown[]).filter(isRecord) : [];
    const environment = {
      ...process.env,
      ...Object.fromEntries(own.map(({ name, value }) => [String(name), String(value)])),
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    };
    // As with kubectl: a name is looked for in PATH, a relative path counts from the kubeconfig.
    const isPath = command.includes('/') && !isAbsolute(command);
    const file = isPath ? resolve(this.#folder, command) : command;
    const words = Array.isArray(args) ? (args as unknown[]).map(String) : [];
    try {
      const options = { env: environment, timeout: programPatienceMs, maxBuffer: 2 ** 20 };
      return this.#keep((await run(file, words, options)).stdout);
    } catch (error) {
      if (error instanceof KubernetesError) throw error;
      const said = isRecord(error) && typeof error['stderr'] === 'string' ? error['stderr'] : '';
      const why = firstLine(said) || reasonOf(error);
      throw new KubernetesError(`${command} returned no credential for the cluster: ${why}`);
    }
  }

  #keep(output: string): Proof {
    const status = parseRecord(output)?.['status'];
    if (!isRecord(status)) {
      throw new KubernetesError(`${String(this.#exec['command'])} answered without a credential`);
    }
    const word = (key: string) => {
      const value = status[key];
      return typeof value === 'string' && value !== '' ? value : undefined;
    };
    const [cert, key] = [word('clientCertificateData'), word('clientKeyData')];
    const proof: Proof = {
      token: word('token'),
      certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
    };
    const end = Date.parse(word('expirationTimestamp') ?? '');
    // Without an end it is in force until the server says otherwise.
    this.#known = { proof, until: Number.isNaN(end) ? Number.POSITIVE_INFINITY : end - marginMs };
    return proof;
  }
}
