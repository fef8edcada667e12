import type { CallOptions } from '../client/options.js';
import { isSkahaError, SkahaError } from '../errors/index.js';
import { readJob } from './documents.js';
import { jobError } from './faults.js';
import type { StorageService } from './service.js';

/** What starts a job. */
interface JobStart {
  url: string;
  /** The document about it. */
  document?: string | undefined;
  form?: readonly (readonly [string, string])[] | undefined;
}

const pauses = [100, 200, 500, 1000, 2000];
/** How long the service is asked to hold back its answer until something changes, in seconds. */
const waitSeconds = 5;
const over = new Set(['COMPLETED', 'ERROR', 'ABORTED', 'ARCHIVED', 'HELD', 'SUSPENDED']);

/** The address of a job, which must be the service's own. */
async function jobAddress(
  service: StorageService,
  location: string | undefined,
  { from, path }: { from: string; path: string },
  call: CallOptions,
): Promise<string> {
  if (location !== undefined && URL.canParse(location, from)) {
    const url = new URL(location, from);
    url.hash = '';
    if (await service.isOwn(url.href, call)) return url.href;
  }
  throw new SkahaError(
    'response.invalid',
    `The storage service does not report the progress of its work on ${path}.`,
    {
      id: path,
      hint: 'Check later whether it has finished.',
    },
  );
}

/**
 * Has the service do something that takes long, and waits for its end.
 *
 * @param service - where
 * @param path - what it is about
 * @param start - what to do
 * @param call - an abort stops the job too
 * @returns false where there are no such jobs, so that there must be another way
 * @throws {SkahaError} what the job failed with
 */
export async function tryJob(
  service: StorageService,
  path: string,
  start: JobStart,
  call: CallOptions,
): Promise<boolean> {
  try {
    await runJob(service, path, start, call);
    return true;
  } catch (error) {
    if (isUnsupported(error)) return false;
    throw error;
  }
}

async function runJob(
  service: StorageService,
  path: string,
  start: JobStart,
  call: CallOptions,
): Promise<void> {
  const { signal, timeoutMs } = call;
  const { document, form, url } = start;
  const made = await service.request(path, {
    method: 'POST',
    url,
    signal,
    timeoutMs,
    form,
    ...(document === undefined
      ? {}
      : { body: () => document, headers: { 'content-type': 'text/xml; charset=utf-8' } }),
    accept: 'text/xml',
    accepts: [303],
    // A job that is made twice is run once.
    retry: 'always',
  });
  const job = await jobAddress(service, made.header('location'), { from: url, path }, call);
  const phase = async (value: string, own: CallOptions) =>
    service.request(path, {
      method: 'POST',
      url: `${job}/phase`,
      form: [['PHASE', value]],
      accepts: [303],
      // Said twice it means the same.
      retry: 'always',
      ...own,
    });
  try {
    await phase('RUN', { signal, timeoutMs });
    await finished(service, path, job, call);
  } catch (error) {
    // Somebody who has given up must not find it done later.
    if (signal?.aborted === true) await phase('ABORT', { timeoutMs: 5000 }).catch(() => undefined);
    throw error;
  }
}

async function finished(
  service: StorageService,
  path: string,
  job: string,
  call: CallOptions,
): Promise<void> {
  const { clock } = service.core.settings;
  for (let turn = 0, last = ''; ; turn += 1) {
    const query = last === '' ? '' : `?WAIT=${waitSeconds}&PHASE=${encodeURIComponent(last)}`;
    const reply = await service.request(path, {
      method: 'GET',
      url: `${job}${query}`,
      accept: 'text/xml',
      ...call,
    });
    const { phase, message } = readJob(reply.text());
    if (phase === 'COMPLETED') return;
    if (over.has(phase)) throw jobError(path, message);
    last = phase;
    // Services that know no WAIT answer at once.
    await clock.sleep(pauses[Math.min(turn, pauses.length - 1)] ?? 1000, call.signal);
  }
}

const isUnsupported = (error: unknown): boolean =>
  isSkahaError(error, 'storage.unsupported') ||
  // Browsers hide from a page where it is sent, and with it the job, which nobody has run yet.
  (isSkahaError(error, 'response.redirect') && (error.status ?? 0) === 0) ||
  (isSkahaError(error) &&
    error.status === 400 &&
    /not supported/i.test(error.serverMessage ?? '')) ||
  (isSkahaError(error) && error.status === 404 && error.code === 'server.not_found');
