import { safeUrl } from '@skaha/base/redact.js';
import { isLoopback, parseServerUrl } from '@skaha/base/server-url.js';
import { withoutTrailingSlashes } from '@skaha/base/trailing-slashes.js';
import type { ClientCore } from '../client/core.js';
import type { OpenedReply } from '../client/flow.js';
import type { CallOptions } from '../client/options.js';
import type { ClientResponse } from '../client/request.js';
import type { ServiceRequest } from '../client/service-request.js';
import type { ClientHolder } from '../client/source.js';
import { isSkahaError, SkahaError, ValidationError } from '../errors/index.js';
import type { Connection, Hasher, StorageAddress } from '../runtime/types.js';
import { type ReadNode, readNode, readServices } from './documents.js';
import { refusalOf } from './faults.js';
import { encodedPath, nodeUri } from './paths.js';
import type { StorageNode } from './types.js';

const ids = {
  nodes: 'ivo://ivoa.net/std/VOSpace/v2.0#nodes',
  files: 'ivo://ivoa.net/std/VOSpace#files-proto',
  sync: 'ivo://ivoa.net/std/VOSpace#sync-2.1',
  transfers: 'ivo://ivoa.net/std/VOSpace/v2.0#transfers',
  remove: 'ivo://ivoa.net/std/VOSpace#recursive-delete-proto',
  properties: 'ivo://ivoa.net/std/VOSpace#recursive-nodeprops-proto',
} as const;

/** What a storage service offers: the address of each of its parts. */
export type Offers = Readonly<Partial<Record<keyof typeof ids, string>>> & { nodes: string };

const freshMs = 600_000;
const documentBytes = 8 * 2 ** 20;
/** Names under which a platform's own storage is found beside it. */
const usualNames = ['arc', 'cavern'];

/** Which storage is meant. */
export interface ServiceChoice {
  service?: string | undefined;
  url?: string | undefined;
}

type Sent = Omit<ServiceRequest, 'refusal' | 'service'>;

/** A storage service, and how it is talked to. Internal. */
export class StorageService {
  readonly core: ClientCore;
  readonly #choice: ServiceChoice;
  #address: Promise<StorageAddress> | undefined;
  #authority: string | undefined;
  /** Whether files can be written at their own address; undefined until one was. */
  writesDirectly: boolean | undefined;

  constructor(core: ClientCore, choice: ServiceChoice) {
    this.core = core;
    this.#choice = choice;
  }

  createMd5(): Hasher {
    return this.core.createMd5();
  }

  /** Where it is; found once. */
  address(call: CallOptions): Promise<StorageAddress> {
    this.#address ??= this.#find(call).catch((error) => {
      this.#address = undefined;
      throw error;
    });
    return this.#address;
  }

  /** What it offers, asked for once in a while. */
  async offers(call: CallOptions): Promise<Offers> {
    const { url } = await this.address(call);
    return this.core.remember(`storage ${url}`, freshMs, () => this.#ask(url, call));
  }

  /** Sends a request about an entry. */
  async request(path: string, request: Sent): Promise<ClientResponse> {
    return this.core.request(await this.#complete(path, request));
  }

  /** The same for a reply that is read piece by piece. */
  async open(path: string, request: Sent): Promise<OpenedReply> {
    return this.core.open(await this.#complete(path, request));
  }

  /** The address of an entry's description. */
  async nodeUrl(path: string, call: CallOptions, query: Record<string, string> = {}) {
    const { nodes } = await this.offers(call);
    const search = new URLSearchParams(query);
    return `${nodes}${encodedPath(path)}${search.size === 0 ? '' : `?${search}`}`;
  }

  /** Reads the description of an entry, with as many children as the query says. */
  async node(path: string, call: CallOptions, query: Record<string, string>): Promise<ReadNode> {
    const { signal, timeoutMs } = call;
    const reply = await this.request(path, {
      method: 'GET',
      url: await this.nodeUrl(path, call, query),
      accept: 'text/xml',
      maximumBytes: query['limit'] === undefined ? 16 * documentBytes : documentBytes,
      signal,
      timeoutMs,
    });
    const read = readNode(reply.text(), path);
    this.#authority = read.authority;
    return read;
  }

  /** Describes an entry, without what is in it. */
  async info(path: string, call: CallOptions): Promise<StorageNode> {
    return (await this.node(path, call, { limit: '0' })).node;
  }

  /** The same; undefined if there is no such entry. */
  async find(path: string, call: CallOptions): Promise<StorageNode | undefined> {
    try {
      return await this.info(path, call);
    } catch (error) {
      if (isSkahaError(error, 'storage.not_found')) return undefined;
      throw error;
    }
  }

  /** What this service calls itself in identifiers. */
  async authority(call: CallOptions): Promise<string> {
    this.#authority ??= await this.#learn(call);
    return this.#authority;
  }

  /** The identifier of an entry. */
  async uri(path: string, call: CallOptions): Promise<string> {
    return nodeUri(await this.authority(call), path);
  }

  /** Whether a service's own address is meant, so that the credential may go there. */
  async isOwn(url: string, call: CallOptions): Promise<boolean> {
    return new URL(url).origin === new URL((await this.address(call)).url).origin;
  }

  async #learn(call: CallOptions): Promise<string> {
    const { uri } = await this.address(call);
    try {
      return (await this.node('/', call, { limit: '0' })).authority;
    } catch (error) {
      // Not everybody may look at the root; then it follows from the identifier in the registry.
      const said = /^ivo:\/\/([^/?#]+)\/([^?#]+)$/.exec(uri ?? '');
      if (said === null || !isSkahaError(error) || error.status === undefined) throw error;
      return `${said[1]}~${said[2]?.replaceAll('/', '~')}`;
    }
  }

  async #complete(path: string, request: Sent): Promise<ServiceRequest> {
    const { url } = await this.address(request);
    const refusal = refusalOf(path, () => this.core.settings.clock.now());
    return { ...request, service: url, refusal };
  }

  async #find(call: CallOptions): Promise<StorageAddress> {
    const connection = await this.core.connection();
    const { service, url } = this.#choice;
    if (url !== undefined) return { url: checkedRoot(url, connection) };
    const known = connection.storage ?? {};
    const names = Object.keys(known);
    const name = service ?? (names.includes('arc') ? 'arc' : names[0]);
    const found = name === undefined || !Object.hasOwn(known, name) ? undefined : known[name];
    if (found !== undefined) return { ...found, url: checkedRoot(found.url, connection) };
    return this.#look(connection, service === undefined ? usualNames : [service], names, call);
  }

  /** Asks at an address next to that of the platform, to which the credential belongs. */
  async #look(
    { root }: Connection,
    wanted: readonly string[],
    known: readonly string[],
    call: CallOptions,
  ): Promise<StorageAddress> {
    let failure: unknown;
    for (const name of wanted) {
      if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(name)) continue;
      const url = `${new URL(root).origin}/${name}`;
      try {
        await this.core.remember(`storage ${url}`, freshMs, () => this.#ask(url, call));
        return { url };
      } catch (error) {
        if (!isSkahaError(error) || error.status === undefined) {
          if (!isSkahaError(error, 'response.invalid')) throw error;
        }
        failure = error;
      }
    }
    throw new SkahaError(
      'storage.service_unknown',
      `The platform at ${new URL(root).host} has no storage service '${wanted.join("' or '")}' in its entry here.`,
      {
        cause: failure,
        hint:
          known.length > 0
            ? `These are listed: ${known.join(', ')}.`
            : "Look for it with 'skaha server ls --refresh' or set it with 'skaha config set servers.NAME.storage.arc.url https://…'",
      },
    );
  }

  async #ask(url: string, { signal, timeoutMs }: CallOptions): Promise<Offers> {
    const reply = await this.core.request({
      method: 'GET',
      url: `${url}/capabilities`,
      service: url,
      anonymous: true,
      accept: 'text/xml',
      maximumBytes: 2 ** 20,
      refusal: (request, { status }) =>
        status === 404
          ? new SkahaError(
              'storage.service_unknown',
              `There is no storage service at ${safeUrl(request.url.replace(/\/capabilities$/, ''))}.`,
              { status, hint: "Check its address with 'skaha server show'." },
            )
          : undefined,
      signal,
      timeoutMs,
    });
    return trustedOffers(readServices(reply.text()), url);
  }
}

/** Addresses on another host are left out: the credential would go there. */
function trustedOffers(found: ReadonlyMap<string, string>, root: string): Offers {
  const { origin, host } = new URL(root);
  const offers: Partial<Record<keyof typeof ids, string>> = {};
  for (const [key, id] of Object.entries(ids) as [keyof typeof ids, string][]) {
    const text = found.get(id);
    if (text === undefined || !URL.canParse(text)) continue;
    const url = new URL(text);
    if (url.origin === origin && url.search === '' && url.hash === '') {
      offers[key] = `${origin}${withoutTrailingSlashes(url.pathname)}`;
    }
  }
  const { nodes } = offers;
  if (nodes !== undefined) return { ...offers, nodes };
  throw new SkahaError('response.invalid', `${host} does not describe a usable storage service.`, {
    hint: "Check the address of the service with 'skaha server show'.",
  });
}

function checkedRoot(url: string, connection: Connection): string {
  const address = parseServerUrl(url);
  const isPlainAllowed = isLoopback(connection.root) && connection.root.startsWith('http:');
  if (address !== undefined && (address.secure || (address.loopback && isPlainAllowed))) {
    return address.version === undefined ? address.root : `${address.root}/${address.version}`;
  }
  throw new ValidationError(
    [
      {
        path: 'url',
        message: `The storage service at ${safeUrl(url)} was not contacted: its address is not https.`,
      },
    ],
    'Give its address like https://ws-uv.canfar.net/arc',
  );
}

/** Of every storage, the service behind it: nobody outside this package sees it. */
const services = new WeakMap<ClientHolder, StorageService>();

/** Makes the service of a storage. */
export function openService(storage: ClientHolder, core: ClientCore, choice: ServiceChoice): void {
  services.set(storage, new StorageService(core, choice));
}

/**
 * The service behind a storage.
 *
 * @throws {ValidationError} for what is no storage of this library
 */
export function serviceOf(storage: ClientHolder): StorageService {
  const service = services.get(storage);
  if (service !== undefined) return service;
  throw new ValidationError([
    { path: 'storage', message: 'This is not a Storage of this library.' },
  ]);
}
