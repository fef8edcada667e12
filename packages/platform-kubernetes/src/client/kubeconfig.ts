import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { isRecord } from '@skaha/base/record.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import { reasonOf, systemCode } from '@skaha/service/errors.js';
import { parse } from 'yaml';
import { type Credentials, ExecCredentials, FileToken, FixedCredentials } from './credentials.js';

/** How a cluster is reached, and as whom. */
export interface Access {
  /** Root of the API server, without a slash at the end. */
  readonly server: string;
  /** Certificate authority (PEM); the system's own when absent. */
  readonly ca: string | undefined;
  /** True when the server's certificate is not looked at. */
  readonly insecure: boolean;
  /** The name that the server's certificate must be for, where it is another one. */
  readonly serverName: string | undefined;
  /** Where things are looked for, unless another place is named. */
  readonly namespace: string;
  readonly credentials: Credentials;
  /** Where all this comes from, in words. */
  readonly source: string;
}

/** Why no cluster can be reached with what there is. */
export class NoAccess extends Error {}

/** Which cluster is meant. */
export interface AccessChoice {
  /** Path of a kubeconfig. */
  readonly kubeconfig?: string | undefined;
  /** One of its contexts. */
  readonly context?: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
}

/** Where a pod finds what its service account may use. */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * Finds out how the cluster is reached: by the kubeconfig that is named, by those of `KUBECONFIG`, in
 * a pod by its service account, else by `~/.kube/config`.
 *
 * @throws {NoAccess} when there is no such way
 */
export function findAccess(choice: AccessChoice): Access {
  const { kubeconfig, context, environment } = choice;
  if (kubeconfig !== undefined) return fromFiles([kubeconfig], context);
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return fromFiles(named, context);
  if (context === undefined) {
    const inside = fromAccount(environment);
    if (inside !== undefined) return inside;
  }
  return fromFiles([join(environment['HOME'] ?? homedir(), '.kube', 'config')], context);
}

/** What a pod has; undefined outside. */
function fromAccount(environment: NodeJS.ProcessEnv): Access | undefined {
  const host = environment['KUBERNETES_SERVICE_HOST'];
  const port = environment['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || port === undefined) return undefined;
  try {
    return {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      ca: readFileSync(join(accountFolder, 'ca.crt'), 'utf8'),
      insecure: false,
      serverName: undefined,
      namespace: readFileSync(join(accountFolder, 'namespace'), 'utf8').trim(),
      credentials: new FileToken(join(accountFolder, 'token')),
      source: 'the service account of this pod',
    };
  } catch {
    return undefined;
  }
}

type Entry = Readonly<Record<string, unknown>>;

/** A kubeconfig as written; relative paths in it count from its own folder. */
interface Kubeconfig {
  readonly path: string;
  readonly content: Entry;
}

function readKubeconfig(path: string): Kubeconfig | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw new NoAccess(`the kubeconfig ${path} cannot be read: ${reasonOf(error)}`);
  }
  let content: unknown;
  try {
    content = parse(text);
  } catch (error) {
    throw new NoAccess(`the kubeconfig ${path} is not YAML`, { cause: error });
  }
  if (!isRecord(content)) throw new NoAccess(`the kubeconfig ${path} is empty`);
  return { path, content };
}

/** A named part of the first file that has it. */
function find(
  files: readonly Kubeconfig[],
  list: 'clusters' | 'users' | 'contexts',
  name: string,
): { entry: Entry; folder: string } | undefined {
  for (const { path, content } of files) {
    const entries: unknown = content[list];
    for (const one of Array.isArray(entries) ? (entries as unknown[]) : []) {
      const key = list.slice(0, -1);
      if (!isRecord(one) || one['name'] !== name) continue;
      const entry: unknown = one[key];
      return { entry: isRecord(entry) ? entry : {}, folder: dirname(resolve(path)) };
    }
  }
  return undefined;
}

const text = (entry: Entry, key: string): string | undefined => {
  const value = entry[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

function fromFiles(paths: readonly string[], wanted: string | undefined): Access {
  const files = paths.map(readKubeconfig).filter((file) => file !== undefined);
  const where = paths.join(delimiter);
  if (files.length === 0) {
    throw new NoAccess(`there is no kubeconfig at ${where}, and this is not a pod of a cluster`);
  }
  const current = files.map(({ content }) => text(content, 'current-context'));
  const name = wanted ?? current.find((one) => one !== undefined);
  if (name === undefined) throw new NoAccess(`the kubeconfig ${where} has no current context`);
  const context = find(files, 'contexts', name);
  if (context === undefined) throw new NoAccess(`the kubeconfig ${where} has no context ${name}`);
  const part = (list: 'clusters' | 'users', key: string) => {
    const named = text(context.entry, key) ?? '';
    const found = find(files, list, named);
    if (found === undefined) {
      throw new NoAccess(
        `the context ${name} of ${where} refers to the ${key} ${named}, which does not exist`,
      );
    }
    return found;
  };
  const cluster = part('clusters', 'cluster');
  const user = part('users', 'user');
  const server = text(cluster.entry, 'server');
  if (server === undefined) throw new NoAccess(`the context ${name} of ${where} has no server`);
  if (text(cluster.entry, 'proxy-url') !== undefined) {
    throw new NoAccess(
      `the context ${name} of ${where} goes through a proxy-url, which is not supported`,
    );
  }
  const access = {
    server: withoutTrailingSlashes(server),
    ca: material(cluster, 'certificate-authority'),
    insecure: cluster.entry['insecure-skip-tls-verify'] === true,
    serverName: text(cluster.entry, 'tls-server-name'),
    namespace: text(context.entry, 'namespace') ?? 'default',
    source: `the context ${name} of ${where}`,
  };
  return { ...access, credentials: credentialsOf(user, access) };
}

const unreadable = (error: unknown): string =>
  systemCode(error) === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;

/** Something that is in the file itself, or in another that it names. */
function material(
  { entry, folder }: { entry: Entry; folder: string },
  key: string,
): string | undefined {
  const inside = text(entry, `${key}-data`);
  if (inside !== undefined) return Buffer.from(inside, 'base64').toString('utf8');
  const path = text(entry, key);
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(folder, path), 'utf8');
  } catch (error) {
    throw new NoAccess(
      `${resolve(folder, path)}, to which the kubeconfig refers, ${unreadable(error)}`,
    );
  }
}

function credentialsOf(
  user: { entry: Entry; folder: string },
  cluster: Pick<Access, 'server' | 'ca' | 'insecure' | 'serverName'>,
): Credentials {
  const { entry, folder } = user;
  const exec = entry['exec'];
  if (isRecord(exec)) return new ExecCredentials(exec, folder, cluster);
  if (entry['auth-provider'] !== undefined) {
    throw new NoAccess(
      'the kubeconfig uses an auth-provider, which Kubernetes removed in 1.26: use exec',
    );
  }
  const tokenFile = text(entry, 'tokenFile');
  if (tokenFile !== undefined) return new FileToken(resolve(folder, tokenFile));
  const cert = material(user, 'client-certificate');
  const key = material(user, 'client-key');
  return new FixedCredentials({
    token: text(entry, 'token'),
    certificate: cert !== undefined && key !== undefined ? { cert, key } : undefined,
  });
}
