import type { SkahaError } from '../errors/index.js';
import type { IncomingReply, OutgoingRequest } from '../hooks/types.js';
import type { Connection } from '../runtime/types.js';
import type { TransportRequest } from '../transport/types.js';
import type { ClientRequest } from './request.js';
import { requestUrl } from './url.js';

/** A request to another service of the same platform, such as its storage. Internal. */
export interface ServiceRequest extends Omit<ClientRequest, 'base' | 'body' | 'path' | 'query'> {
  /** The whole address. */
  url: string;
  /** Root of the service. The credential goes along only where the address has its origin. */
  service: string;
  /** Gives the body of each attempt; one that can be given once only must not be sent again. */
  body?: (() => TransportRequest['body']) | undefined;
  /** Statuses that are answers, besides those from 200 to 299. */
  accepts?: readonly number[] | undefined;
  /** Words for a reply that is none; undefined leaves it to those of every call. */
  refusal?:
    | ((request: OutgoingRequest, reply: IncomingReply) => SkahaError | undefined)
    | undefined;
  /** The address itself lets its bearer in: no credential goes along, and it is not shown. */
  isGrant?: boolean | undefined;
}

/** What the request function takes. */
export type AnyRequest = ClientRequest | ServiceRequest;

/** Whether a status is an answer, and no failure. */
export const isAnswer = (request: AnyRequest, status: number): boolean =>
  (status >= 200 && status < 300) ||
  (isService(request) && request.accepts?.includes(status) === true);

/** Whether another service than the Skaha API is asked. */
export const isService = (request: AnyRequest): request is ServiceRequest => 'url' in request;

/** The address of a request. */
export const urlOf = (connection: Connection, request: AnyRequest): string =>
  isService(request) ? request.url : requestUrl(connection, request);

/** A credential never goes to another origin than that of the service it is meant for. */
export function isAnonymous(request: AnyRequest): boolean {
  if (request.anonymous === true) return true;
  if (!isService(request)) return false;
  return (
    request.isGrant === true || new URL(request.url).origin !== new URL(request.service).origin
  );
}

/** What is sent as the body of one attempt. */
export function requestBody(request: AnyRequest): TransportRequest['body'] {
  if (isService(request) && request.body !== undefined) return request.body();
  if (isService(request) && request.form === undefined) return undefined;
  if (request.method !== 'POST') return undefined;
  if (typeof request.body === 'string') return request.body;
  const form = new URLSearchParams();
  for (const [name, value] of request.form ?? []) form.append(name, value);
  return form.toString();
}

/** Whether the reply goes on for as long as something runs. */
export const isEndless = (request: AnyRequest): boolean =>
  'isEndless' in request && request.isEndless === true;
