import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { readBounded } from '@skaha/base/body.js';
import { parseRecord } from '@skaha/base/json.js';
import { whyUnreachable } from '@skaha/service/unreachable.js';

/** Limits for replies of an identity provider. */
const mostBytes = 256 * 1024;
const patienceMs = 10_000;

/** The identity provider gave no usable reply; the message says why. */
export class IssuerFault extends Error {
  /** The status of its reply, if there was one. */
  readonly status: number | undefined;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status;
  }
}

/** Options of a request. */
export interface FetchOptions {
  /** Authorities to trust (PEM); those of the system by default. */
  readonly ca?: string | undefined;
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a JSON object. Redirects are not followed: the address comes from the configuration, or
 * from a document to which the configuration leads.
 *
 * @throws {IssuerFault}
 */
export async function fetchJson(
  url: string,
  { ca, token, signal }: FetchOptions = {},
): Promise<Readonly<Record<string, unknown>>> {
  const patience = AbortSignal.timeout(patienceMs);
  const either = signal === undefined ? patience : AbortSignal.any([signal, patience]);
  try {
    const answer = await open(url, { ca, token, signal: either });
    const tooLong = () => new IssuerFault('its answer is too large');
    const text = (await readBounded(answer, mostBytes, tooLong)).toString('utf8');
    const { statusCode = 0 } = answer;
    if (statusCode !== 200) {
      throw new IssuerFault(`${url} answers with status ${statusCode}`, { status: statusCode });
    }
    return objectOf(text, url);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof IssuerFault) throw error;
    const why = patience.aborted ? `it took more than ${patienceMs / 1000} s` : words(error);
    throw new IssuerFault(`${url} does not answer: ${why}`, { cause: error });
  }
}

async function open(url: string, { ca, token, signal }: FetchOptions): Promise<IncomingMessage> {
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, {
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    outgoing.once('response', resolve).once('error', reject).end();
  });
}

function objectOf(text: string, url: string): Readonly<Record<string, unknown>> {
  const value = parseRecord(text);
  if (value !== undefined) return value;
  throw new IssuerFault(`${url} returned something that is not a JSON object`);
}

const words = (error: unknown): string =>
  whyUnreachable(error, 'its certificate is of an authority that is not known here');
