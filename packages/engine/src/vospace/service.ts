import { mkdir } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@skaha/base/clock.js';
import type { Logger } from '@skaha/base/logger.js';
import type { DataLayout } from '@skaha/service/data.js';
import { handled, methodNotAllowed, type Reply, text, withHeaders } from '@skaha/service/reply.js';
import { availabilityDocument, capabilitiesDocument } from '@skaha/service/vosi.js';
import type Database from 'libsql';
import { disk } from '../disk/directory.js';
import { type Caller as Identified, identify, type Verifiers } from '../http/authentication.js';
import { standInUid } from '../ports/runner.js';
import type { EngineSettings } from '../settings.js';
import { AttributeStore } from './attributes.js';
import type { StorageCall, Store } from './call.js';
import { asFault, faultReply, VospaceFault } from './fault.js';
import { filesResource } from './files.js';
import { FolderNames } from './folder-names.js';
import { ChecksumThread } from './hashing.js';
import { Jobs } from './jobs.js';
import { jobsResource } from './jobs-resource.js';
import { nodesResource } from './nodes.js';
import { Preauth } from './preauth.js';
import { Quotas } from './quota.js';
import { Spaces } from './spaces.js';
import { Staging } from './staging.js';
import { syncTransfer, transferResult } from './transfers.js';
import { Tree } from './tree.js';

/** Names of the storage service in the two registries. */
export const storageNames = { cadc: 'arc', srcnet: 'cavern' } as const;

/** The authority in the identifiers of nodes, by the name of the service. */
const authorities: Readonly<Record<string, string>> = {
  arc: 'cadc.nrc.ca~arc',
  cavern: 'canfar.net~src~cavern',
};

interface Resource {
  readonly allow: readonly string[];
  answer(call: StorageCall): Reply | Promise<Reply>;
}

const jobMethods = ['GET', 'HEAD', 'POST', 'DELETE'];

const resources: ReadonlyMap<string, Resource> = new Map<string, Resource>([
  ['nodes', { allow: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'], answer: nodesResource }],
  ['files', { allow: ['GET', 'HEAD', 'PUT'], answer: filesResource }],
  ['synctrans', { allow: ['POST'], answer: syncTransfer }],
  ['xfer', { allow: ['GET', 'HEAD'], answer: transferResult }],
  ['transfers', { allow: jobMethods, answer: (call) => jobsResource(call, 'transfers') }],
  ['async-delete', { allow: jobMethods, answer: (call) => jobsResource(call, 'async-delete') }],
  ['async-setprops', { allow: jobMethods, answer: (call) => jobsResource(call, 'async-setprops') }],
]);

/** What the storage service needs. */
export interface StorageOptions extends Verifiers {
  readonly layout: DataLayout;
  readonly settings: EngineSettings;
  /** A database for the attributes of nodes; a separate one by default. */
  readonly database?: Database.Database | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A VOSpace service for the homes and projects of a platform, like Cavern on the real platform. */
export class StorageService {
  readonly #options: StorageOptions;
  readonly #store: Store;

  private constructor(options: StorageOptions, store: Store) {
    this.#options = options;
    this.#store = store;
  }

  /** Opens the service, and removes unfinished uploads of an earlier platform. */
  static async open(options: StorageOptions): Promise<StorageService> {
    const { layout, settings, identity, clock, logger } = options;
    const spaces = new Spaces({
      users: () => identity.names,
      knows: (user) => identity.about(user) !== undefined,
      groupsOf: (user) => {
        const { groups = [], groupNames = [] } = identity.about(user) ?? {};
        return [...groups.map(String), ...groupNames];
      },
      projects: settings.running.projects,
    });
    const attributes = AttributeStore.open(layout, options.database);
    const tree = new Tree({ layout, spaces, attributes });
    const staging = new Staging(layout);
    await tree.prepare();
    await staging.prepare();
    const store: Store = {
      tree,
      spaces,
      attributes,
      staging,
      clock,
      logger,
      names: new FolderNames(spaces),
      hashing: new ChecksumThread(),
      preauth: new Preauth(layout, clock),
      jobs: new Jobs(clock),
      quotas: new Quotas({
        clock,
        home: settings.storage.homeBytes,
        place: async (space) => {
          const place = spaces.place(layout, space);
          await disk.run(() => mkdir(place, { recursive: true, mode: 0o700 }));
          return place;
        },
      }),
      ownershipIn: (folder, [top = '', name = '']) => {
        if (process.getuid?.() !== 0) return undefined;
        const { uid, gid } = folder.stats;
        if (uid !== 0n) return { uid: Number(uid), gid: Number(gid) };
        const own = identity.about(spaces.access(top, name).owner)?.uid ?? 0;
        // Sessions of a user whose number is 0 run under another number.
        const number = own === 0 ? standInUid : own;
        return { uid: number, gid: number };
      },
    };
    return new StorageService(options, store);
  }

  /**
   * Answers a request for the service; undefined if it is for something else.
   *
   * @param path - as it was sent, without the query
   * @param origin - scheme, host and port as the caller sees them
   */
  async answer(
    request: IncomingMessage,
    path: string,
    query: string,
    origin: string,
  ): Promise<Reply | undefined> {
    const [, name = '', resource = '', rest = ''] =
      /^\/(arc|cavern)(?:\/([a-z-]*)(\/.*)?)?$/s.exec(path) ?? [];
    const authority = authorities[name];
    if (authority === undefined) return undefined;
    const { method = 'GET' } = request;
    const root = `${origin}/${name}`;
    if (resource === 'capabilities' || resource === 'availability') {
      return described(method, resource, root);
    }
    const found = resources.get(resource);
    if (found === undefined) return handled(404, `not found: ${path.slice(0, 200)}`);
    if (!found.allow.includes(method)) return methodNotAllowed(method, found.allow);
    const parameters = new URLSearchParams(query);
    const call = { store: this.#store, request, method, rest, query: parameters, authority, root };
    return await this.#guarded(found, call, origin);
  }

  async #guarded(
    resource: Resource,
    call: Omit<StorageCall, 'caller'>,
    origin: string,
  ): Promise<Reply> {
    const { request } = call;
    // A signed address needs no credential; one that is sent anyway is ignored.
    const isSigned = /^\/preauth(?::|%3a)/i.test(call.rest);
    const caller: Identified = isSigned
      ? { user: undefined }
      : await identify(request, this.#options, this.#options.clock.now());
    if ('fault' in caller) {
      return withHeaders(text(caller.fault, 401), { 'www-authenticate': caller.challenge });
    }
    try {
      refuseForeignPage(request, caller);
      const reply = await resource.answer({ ...call, caller });
      return caller.user === undefined
        ? reply
        : withHeaders(reply, { 'x-vo-authenticated': caller.user });
    } catch (error) {
      const fault = asFault(error);
      if (fault === undefined) throw error;
      const reply = faultReply(fault);
      return fault.status === 401
        ? withHeaders(reply, { 'www-authenticate': this.#options.identity.challenges(origin) })
        : reply;
    }
  }

  /** Aborts the jobs and closes the databases. */
  close(): void {
    this.#store.jobs.close();
    this.#store.hashing.close();
    this.#store.attributes.close();
  }
}

/**
 * A page of another origin must not change anything using the cookie of a logged-in browser. Pages
 * from other ports of this machine count as the same site, so `same-site` is refused too.
 */
function refuseForeignPage({ method, headers }: IncomingMessage, caller: Identified): void {
  const isByCookie = 'by' in caller && caller.by === 'cookie';
  const changes = method !== 'GET' && method !== 'HEAD';
  if (isByCookie && changes && /^(?:cross|same)-site$/.test(String(headers['sec-fetch-site']))) {
    throw new VospaceFault('PermissionDenied', 'not from a page of another origin');
  }
}

function described(method: string, resource: string, root: string): Reply {
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed(method, ['GET', 'HEAD']);
  if (resource === 'availability') return availabilityDocument('The storage service is available.');
  const open = ['', 'cookie', 'tls-with-certificate', 'token'];
  const closed = open.slice(1);
  const std = 'ivo://ivoa.net/std';
  const entries = [
    ['VOSpace/v2.0#nodes', 'base', 'nodes', open],
    ['VOSpace#files-proto', 'base', 'files', open],
    ['VOSpace#sync-2.1', 'full', 'synctrans', open],
    ['VOSpace/v2.0#transfers', 'base', 'transfers', open],
    ['VOSpace#recursive-delete-proto', 'base', 'async-delete', closed],
    ['VOSpace#recursive-nodeprops-proto', 'base', 'async-setprops', closed],
  ] as const;
  return capabilitiesDocument(
    root,
    entries.map(([id, use, name, methods]) => {
      return { id: `${std}/${id}`, use, url: `${root}/${name}`, methods };
    }),
  );
}
