import { randomBytes } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import type { DataLayout } from '@skaha/service/data.js';
import { reasonOf } from '@skaha/service/errors.js';
import { Directory } from '../disk/directory.js';
import type { Identity } from '../ports/identity.js';
import { standInUid } from '../ports/runner.js';
import type { EventRow } from '../sessions/event-table.js';

/** Files in a home, as on the real platform; the last one exists only on this platform. */
const places = {
  certificate: ['.ssl', 'cadcproxy.pem'],
  token: ['.token', '.skaha'],
  authorities: ['.ssl', 'skaha-authorities.pem'],
  authority: ['.ssl', 'skaha-platform.pem'],
} as const;

const configuration = ['.config', 'skaha', 'config.yaml'] as const;

/** Where systems have their trusted certificate authorities. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** What home credentials need. */
export interface HomeCredentialsOptions {
  readonly layout: Pick<DataLayout, 'home' | 'ca'>;
  readonly identity: Pick<Identity, 'users' | 'about'>;
  now(): number;
  /** Scheme, host and port of the platform; undefined if sessions cannot reach it. */
  origin(): string | undefined;
}

const marker = '# Made by the local platform. Without this line it stays as it is.\n';

/** The configuration of `skaha` in sessions, which have no `SKAHA_` variables. */
const configFor = (origin: string): string =>
  `${marker}schema: skaha
version: 1
active: local
contexts:
  local: { server: local, credential: local }
servers:
  local: { url: "${origin}/skaha", version: v1, ca: ~/${places.authority.join('/')} }
credentials:
  local: { mode: x509, path: ~/${places.certificate.join('/')} }
`;

/**
 * Writes a user's certificate and token to the home, for programs in sessions, as the real platform
 * does at each create, attach and renew.
 */
export class HomeCredentials {
  readonly #options: HomeCredentialsOptions;
  #bundle: string | undefined;
  readonly #writing = new Map<string, Promise<readonly EventRow[]>>();
  /** A fingerprint of the home after the last write, by user. */
  readonly #written = new Map<string, string>();

  constructor(options: HomeCredentialsOptions) {
    this.#options = options;
  }

  /**
   * Writes the credentials. A failure does not keep a session from starting. Sessions that are
   * created at the same time share one write.
   *
   * @returns events for the session
   */
  async refresh(user: string): Promise<readonly EventRow[]> {
    let writing = this.#writing.get(user);
    if (writing === undefined) {
      writing = this.#refresh(user).finally(() => this.#writing.delete(user));
      this.#writing.set(user, writing);
    }
    return await writing;
  }

  async #refresh(user: string): Promise<readonly EventRow[]> {
    const at = this.#options.now();
    try {
      if (!(await this.#write(user))) return [];
      const message = 'Put the certificate and the token of the user into the home';
      return [{ level: 'Normal', reason: 'Credentials', message, first: at, last: at }];
    } catch (error) {
      const message = `Cannot put the certificate and the token into the home: ${reasonOf(error)}`;
      return [{ level: 'Warning', reason: 'FailedCredentials', message, first: at, last: at }];
    }
  }

  /** @returns false for a user that the platform does not know */
  async #write(name: string): Promise<boolean> {
    const { layout, identity } = this.#options;
    const user = identity.users.find((one) => one.name === name);
    if (user === undefined) return false;
    if (this.#written.get(name) === this.#traces(user)) return true;
    await mkdir(layout.home(name), { recursive: true });
    const home = await Directory.root(layout.home(name));
    try {
      const own = readFileSync(layout.ca, 'utf8');
      const files = [
        [places.certificate, readFileSync(user.certificate, 'utf8')],
        [places.token, user.token],
        [places.authority, own],
        [places.authorities, `${this.#system()}\n${own}`],
      ] as const;
      for (const [[folder, file], text] of files) {
        await this.#put(home, [folder, file], text, name);
      }
      const origin = this.#options.origin();
      if (origin !== undefined) await this.#configure(home, origin, name);
      this.#written.set(name, this.#traces(user));
      return true;
    } finally {
      home.close();
    }
  }

  /**
   * A fingerprint of the credentials and of their files in the home. Names are only looked up with
   * `lstat`: if a session replaces a folder by a link, the fingerprint changes.
   */
  #traces({ name, token, certificate }: Identity['users'][number]): string {
    const { layout } = this.#options;
    const home = layout.home(name);
    const inHome = [...Object.values(places), configuration].map((words) => join(home, ...words));
    const files = [layout.ca, certificate, ...inHome].map(traceOf);
    return [token, this.#options.origin(), ...files].join('\n');
  }

  /** Writes the configuration, unless the user has written one. */
  async #configure(home: Directory, origin: string, user: string): Promise<void> {
    const parent = await this.#folder(home, '.config', user);
    try {
      const directory = await this.#folder(parent, 'skaha', user);
      try {
        const stats = await directory.look('config.yaml');
        if (stats !== undefined && !(await isOurs(directory, 'config.yaml'))) return;
      } finally {
        directory.close();
      }
      await this.#put(parent, ['skaha', 'config.yaml'], configFor(origin), user);
    } finally {
      parent.close();
    }
  }

  /** Opens a folder, and creates it if it is missing. */
  async #folder(home: Directory, folder: string, user: string): Promise<Directory> {
    if ((await home.look(folder)) === undefined) {
      await home.make(folder, 0o700);
      const numbers = this.#numbers(home, user);
      if (numbers !== undefined) await home.give(folder, numbers, numbers);
    }
    return await home.enter(folder);
  }

  /** Writes a file. No link is followed: a session may have replaced folders by links. */
  async #put(
    home: Directory,
    [folder, name]: readonly [string, string],
    text: string,
    user: string,
  ) {
    const numbers = this.#numbers(home, user);
    const directory = await this.#folder(home, folder, user);
    if (name === places.authorities[1] && (await isWhole(directory, name, text))) {
      directory.close();
      return;
    }
    const temporary = `.${randomBytes(6).toString('hex')}.tmp`;
    try {
      const file = await directory.create(temporary, 0o600);
      try {
        await file.writeFile(text);
        if (numbers !== undefined) await file.chown(numbers, numbers);
      } finally {
        await file.close();
      }
      await directory.move(temporary, directory, name);
    } catch (error) {
      await directory.remove(temporary).catch(() => undefined);
      throw error;
    } finally {
      directory.close();
    }
  }

  /** If the platform is root, what it creates in a home belongs to the user. */
  #numbers(home: Directory, user: string): number | undefined {
    if (process.getuid?.() !== 0) return undefined;
    if (home.stats.uid !== 0n) return Number(home.stats.uid);
    const own = this.#options.identity.about(user)?.uid ?? 0;
    return own === 0 ? standInUid : own;
  }

  /** Programs that are given authorities trust no others, so those of the system are included. */
  #system(): string {
    this.#bundle ??= systemBundles.map(readable).find((text) => text !== undefined);
    this.#bundle ??= rootCertificates.join('\n');
    return this.#bundle;
  }
}

/** Changes whenever a file is written, replaced or gets another owner. */
function traceOf(path: string): string {
  try {
    const { dev, ino, size, ctimeNs } = lstatSync(path, { bigint: true });
    return `${dev} ${ino} ${size} ${ctimeNs}`;
  } catch {
    return '';
  }
}

/** Compares only the size: the authorities of a system are large and rarely change. */
async function isWhole(directory: Directory, name: string, text: string): Promise<boolean> {
  const stats = await directory.look(name);
  return stats?.isFile() === true && Number(stats.size) === Buffer.byteLength(text);
}

async function isOurs(directory: Directory, name: string): Promise<boolean> {
  const { file } = await directory.read(name);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(marker.length), 0, marker.length, 0);
    return buffer.subarray(0, bytesRead).toString() === marker;
  } finally {
    await file.close();
  }
}

function readable(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Variables that make the programs in a session use this platform. The user's variables override
 * them.
 *
 * @param home - as the session sees it
 * @param origin - scheme, host and port of the platform
 */
export function addressEnvironment(home: string, origin: string): Record<string, string> {
  const at = ([folder, name]: readonly [string, string]) => `${home}/${folder}/${name}`;
  const authorities = at(places.authorities);
  return {
    SSL_CERT_FILE: authorities,
    REQUESTS_CA_BUNDLE: authorities,
    CANFAR_URL: `${origin}/skaha/v1`,
    CANFAR_CERTIFICATE: at(places.certificate),
    VOSPACE_WEBSERVICE: origin.replace('https://', ''),
  };
}
