import type { OpenedReply } from '../client/flow.js';
import type { CallOptions } from '../client/options.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { type Endpoint, readEndpoints, writeTransfer } from './documents.js';
import { encodedPath } from './paths.js';
import type { StorageService } from './service.js';

const redirects = [301, 302, 303, 307, 308];
const maximumHops = 5;

/** Where bytes are had or left, and whether the address alone lets one in. */
interface Place {
  url: string;
  isGrant: boolean;
}

/** A reply with a file's bytes, or with the news that there are none. */
export interface OpenedFile extends OpenedReply {
  /** Where the bytes begin in the file. */
  offset: number;
  /** Of the whole file; undefined if the service does not say. */
  totalBytes: number | undefined;
}

const strange = (path: string, what: string): SkahaError =>
  new SkahaError('response.invalid', `The storage service ${what} for ${path}.`, {
    id: path,
    hint: 'Contact the support of the service.',
  });

/** Lets go of a reply whose body nobody wants. */
export async function discardBody(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) break;
}

/** Where a redirect leads; from https only to https. */
function target(location: string | undefined, from: string, path: string): string {
  if (location === undefined || !URL.canParse(location, from)) {
    throw strange(path, 'points nowhere');
  }
  const url = new URL(location, from);
  const isSafe =
    url.protocol === 'https:' || (url.protocol === 'http:' && from.startsWith('http:'));
  if (!isSafe || url.username !== '') throw strange(path, 'points to an address that is not safe');
  url.hash = '';
  return url.href;
}

/**
 * Asks the service where a file's bytes are had or left. Its answers lead from one address to the
 * next, and nothing but these are followed.
 */
async function negotiate(
  service: StorageService,
  path: string,
  direction: 'pullFromVoSpace' | 'pushToVoSpace',
  call: CallOptions,
): Promise<Place> {
  const { sync } = await service.offers(call);
  if (sync === undefined) throw unable(path);
  const { signal, timeoutMs } = call;
  const document = writeTransfer({
    target: await service.uri(path, call),
    direction,
    protocol: direction === 'pullFromVoSpace' ? 'httpsget' : 'httpsput',
  });
  const asked = await service.request(path, {
    method: 'POST',
    url: sync,
    body: () => document,
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    accept: 'text/xml',
    accepts: redirects,
    // It makes nothing but a note about a transfer that may never come.
    retry: 'always',
    signal,
    timeoutMs,
  });
  let reply = asked;
  let url = sync;
  for (let hop = 0; redirects.includes(reply.status); hop += 1) {
    if (hop >= maximumHops) throw strange(path, 'redirects too many times');
    url = target(reply.header('location'), url, path);
    if (new URL(url).pathname.split('/').includes('files')) return placeOf(service, url, call);
    if (!(await service.isOwn(url, call))) throw strange(path, 'points to another host');
    const request = { method: 'GET', url, accept: 'text/xml', accepts: redirects } as const;
    reply = await service.request(path, { ...request, signal, timeoutMs });
  }
  return chosen(service, readEndpoints(reply.text()), { url, path }, call);
}

const hasGrant = (url: string): boolean => /preauth(?::|%3A)/i.test(new URL(url).pathname);

/** An address elsewhere, or one with a grant in it, gets no credential. */
async function placeOf(service: StorageService, url: string, call: CallOptions): Promise<Place> {
  return { url, isGrant: hasGrant(url) || !(await service.isOwn(url, call)) };
}

async function chosen(
  service: StorageService,
  endpoints: readonly Endpoint[],
  from: { url: string; path: string },
  call: CallOptions,
): Promise<Place> {
  const places: Place[] = [];
  for (const { url, method } of endpoints) {
    const place = await placeOf(service, target(url, from.url, from.path), call);
    // A place elsewhere that wants a credential would get that of another service.
    const isOpen = method === undefined || method.endsWith('#anon');
    if (isOpen || !place.isGrant) places.push(place);
  }
  const best = places.find(({ isGrant }) => isGrant) ?? places[0];
  if (best === undefined) throw unable(from.path);
  return best;
}

const unable = (path: string): SkahaError =>
  new SkahaError(
    'storage.unsupported',
    `The storage service offers no way to read or write ${path}.`,
    {
      id: path,
      hint: "See what it offers with 'skaha data info'.",
    },
  );

/** Where a file is written. */
export function writePlace(
  service: StorageService,
  path: string,
  call: CallOptions,
): Promise<Place> {
  return negotiate(service, path, 'pushToVoSpace', call);
}

/** How a file is asked for. */
export interface OpenOptions extends CallOptions {
  /** First and last byte, or a number from the end. */
  range?: { first: number; last?: number | undefined } | undefined;
  /** Only as long as the file is still this one. */
  ifMatch?: string | undefined;
}

function rangeHeader({ range, ifMatch }: OpenOptions): Record<string, string> {
  if (range === undefined) return {};
  const { first, last } = range;
  const text = first < 0 ? `bytes=${first}` : `bytes=${first}-${last ?? ''}`;
  return { range: text, ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }) };
}

const accepted = [...redirects, 412, 416];

async function ask(
  service: StorageService,
  path: string,
  place: Place,
  options: OpenOptions,
): Promise<OpenedReply> {
  const { signal, timeoutMs } = options;
  return service.open(path, {
    method: 'GET',
    url: place.url,
    isGrant: place.isGrant,
    accept: '*/*',
    // Compressed on the way, lengths and ranges would mean something else.
    headers: { 'accept-encoding': 'identity', ...rangeHeader(options) },
    accepts: options.range === undefined ? redirects : accepted,
    signal,
    timeoutMs,
  });
}

async function direct(service: StorageService, path: string, options: OpenOptions) {
  const { files } = await service.offers(options);
  if (files === undefined) return undefined;
  let url = `${files}${encodedPath(path)}`;
  let place: Place = { url, isGrant: false };
  try {
    for (let hop = 0; ; hop += 1) {
      const reply = await ask(service, path, place, options);
      if (!redirects.includes(reply.status)) return reply;
      await discardBody(reply.body);
      if (hop >= maximumHops) throw strange(path, 'redirects too many times');
      url = target(reply.header('location'), url, path);
      place = await placeOf(service, url, options);
    }
  } catch (error) {
    // Some services name the address and serve nothing there.
    if (isSkahaError(error, 'storage.unsupported')) return undefined;
    throw error;
  }
}

/**
 * Asks for the bytes of a file, or of a part of it.
 *
 * @param service - where
 * @param path - normal
 * @param options - which part, signal and timeout
 * @returns the reply; where the service knows no ranges its bytes begin at 0 whatever was asked
 */
export async function openFile(
  service: StorageService,
  path: string,
  options: OpenOptions,
): Promise<OpenedFile> {
  const reply =
    (await direct(service, path, options)) ??
    (await ask(service, path, await negotiate(service, path, 'pullFromVoSpace', options), options));
  if (redirects.includes(reply.status)) {
    await discardBody(reply.body);
    throw strange(path, 'redirects too many times');
  }
  return { ...reply, ...extent(reply, path) };
}

function extent(
  reply: OpenedReply,
  path: string,
): { offset: number; totalBytes: number | undefined } {
  const range = reply.header('content-range') ?? '';
  if (reply.status === 206) {
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(range) ?? [];
    if (first === undefined || last === undefined) throw strange(path, 'sent an unknown part');
    return { offset: Number(first), totalBytes: total === '*' ? undefined : Number(total) };
  }
  if (reply.status === 416) {
    const total = /^bytes \*\/(\d+)$/.exec(range)?.[1];
    return { offset: 0, totalBytes: total === undefined ? undefined : Number(total) };
  }
  const length = reply.header('content-length');
  const isPlain = (reply.header('content-encoding') ?? 'identity') === 'identity';
  if (reply.status === 204) return { offset: 0, totalBytes: 0 };
  const total =
    isPlain && length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
  return { offset: 0, totalBytes: total };
}
