import { integerIssue, throwIssues, timeoutBounds } from '../client/options.js';
import type { BatchOptions, RetryReason } from './types.js';

/** Timers hold 31 bits of milliseconds. */
const longest = 2 ** 31 - 1;

/** The options of a batch with every default filled in. */
export interface BatchSettings {
  concurrency: number;
  maxActive: number;
  retries: number;
  retryOn: ReadonlySet<RetryReason>;
  backoffMs: number;
  atomic: boolean;
  until: 'finished' | 'launched';
  intervalMs: number;
  patienceMs: number;
  settleMs: number | undefined;
  keepMs: number;
  resubmitUnknown: boolean;
  timeoutMs: number | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Checks the options of a batch and fills in the defaults.
 *
 * @param options - as the caller gave them
 * @param concurrency - the client's
 * @throws {ValidationError} `request.invalid`, listing everything that is wrong
 */
export function batchSettings(options: BatchOptions, concurrency: number): BatchSettings {
  const { retries = 0, retryOn = ['failed', 'rejected'], atomic = false } = options;
  throwIssues([
    integerIssue('concurrency', options.concurrency, { minimum: 1, maximum: 128 }),
    integerIssue('maxActive', options.maxActive, { minimum: 1, maximum: 10_000 }),
    integerIssue('retries', retries, { minimum: 0, maximum: 100 }),
    integerIssue('backoffMs', options.backoffMs, { minimum: 0, maximum: 86_400_000 }),
    integerIssue('intervalMs', options.intervalMs, { minimum: 10, maximum: 600_000 }),
    integerIssue('patienceMs', options.patienceMs, { minimum: 0, maximum: longest }),
    integerIssue('settleMs', options.settleMs, { minimum: 0, maximum: longest }),
    integerIssue('keepMs', options.keepMs, { minimum: 0, maximum: longest }),
    integerIssue('timeoutMs', options.timeoutMs, timeoutBounds),
    ...retryOn
      .filter((reason) => reason !== 'failed' && reason !== 'rejected')
      .map(() => ({ path: 'retryOn', message: 'retryOn may contain "failed" and "rejected".' })),
  ]);
  return {
    concurrency: Math.min(concurrency, options.concurrency ?? concurrency),
    maxActive: options.maxActive ?? Number.POSITIVE_INFINITY,
    retries,
    retryOn: new Set(retryOn),
    backoffMs: options.backoffMs ?? 30_000,
    atomic,
    until: options.until ?? (mustSeeEnds(options) ? 'finished' : 'launched'),
    intervalMs: options.intervalMs ?? 2_000,
    patienceMs: options.patienceMs ?? 300_000,
    settleMs: options.settleMs,
    keepMs: options.keepMs ?? 3_300_000,
    resubmitUnknown: options.resubmitUnknown ?? false,
    timeoutMs: options.timeoutMs,
    signal: options.signal,
  };
}

/** Failed sessions are to be tried again, or outputs are to be fetched. */
const mustSeeEnds = ({ retries = 0, retryOn, staging }: BatchOptions): boolean =>
  (retries > 0 && (retryOn?.includes('failed') ?? true)) || (staging?.downloads?.length ?? 0) > 0;
