import type { Io } from '@skaha/terminal/io.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { checkCreate, type RequestedKind, ValidationError } from 'skaha';
import type { BatchOptions, BatchSpec, RetryReason } from 'skaha/batch';
import type { Deps } from '../../deps.js';
import { readText } from '../../text-file.js';
import type { RetryOptions } from '../options.js';
import { checkAfter } from './after.js';
import type { AfterOptions, CreateCommandOptions, ManyOptions } from './options.js';
import { explainInput } from './refusal.js';
import type { StagedFiles } from './staging.js';
import { readTemplate } from './template.js';

export interface BatchRequest {
  spec: BatchSpec & { image: string };
  /** Name of the job; made from the name of the sessions when it was not given. */
  job?: string | undefined;
  options: Omit<BatchOptions, 'journal' | 'onPlanned' | 'signal'>;
  /** Files that go along. */
  files?: StagedFiles | undefined;
  /** Whether it needs a journal: a single session without retries or files does not. */
  isBatch: boolean;
}

const reasons: readonly RetryReason[] = ['failed', 'rejected'];

function parseRetryOn(text: string | undefined): RetryReason[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((word) => {
    const reason = reasons.find((known) => known === word.trim().toLowerCase());
    if (reason !== undefined) return reason;
    throw usageError(
      `'${word.trim()}' is not a reason to try again.`,
      'Valid values: failed, rejected, or both with a comma between them.',
    );
  });
}

/**
 * Reads what is tried again, how often and how fast.
 *
 * @throws {SkahaError} command.usage for a reason that is none
 */
export const readRetries = ({ retries, retryOn, backoff, maxActive }: RetryOptions) => ({
  ...{ retries, retryOn: parseRetryOn(retryOn), backoffMs: backoff, maxActive },
});

function parseArrayOption(text: string): { array: string; maxActive?: number } {
  const [array = '', limit, ...more] = text.split('%');
  if (limit === undefined) return { array };
  const maxActive = /^\d{1,5}$/.test(limit) ? Number(limit) : 0;
  if (more.length > 0 || maxActive < 1 || maxActive > 10_000)
    throw usageError(
      `'%${[limit, ...more].join('%')}' is not a number of active sessions.`,
      'Write for example --array 0-999%20.',
    );
  return { array, maxActive };
}

async function readRows(deps: Deps, path: string): Promise<Record<string, string>[]> {
  const kind = /\.(csv|jsonl|ndjson|json|ya?ml)$/i.exec(path)?.[1]?.toLowerCase();
  if (kind === undefined)
    throw usageError(
      `The file ${path} is none of .csv, .jsonl, .json and .yaml.`,
      'Give it the extension of its format.',
    );
  const text = await readText(deps, path, '--params');
  const { parseCsv, parseJsonLines, rowOf } = await import('skaha/batch');
  try {
    if (kind === 'csv') return parseCsv(text);
    if (kind === 'jsonl' || kind === 'ndjson') return parseJsonLines(text);
    const { readWritten } = await import('./file.js');
    const [value, ...more] = await readWritten(text, path);
    if (!Array.isArray(value) || more.length > 0)
      throw usageError(`${path} is not a list of rows.`, 'Write for example - BAND: r');
    return value.map((row, index) => rowOf(row, `Row ${index + 1}`));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw usageError(`${path}: ${error.message}`, 'Correct the file; nothing was launched.');
  }
}

/**
 * What the options on many sessions ask for.
 *
 * @returns the batch, and whether it needs a journal: a single session without retries does not
 */
export async function toBatch(
  deps: Deps,
  template: BatchSpec & { image: string },
  options: ManyOptions,
): Promise<BatchRequest> {
  const { replicas, job, atomic } = options;
  onlyOne(
    {
      '--replicas': replicas !== undefined,
      '--array': options.array !== undefined,
      '--params': options.params !== undefined,
    },
    'Each of them says how many sessions to launch.',
  );
  const array = options.array === undefined ? undefined : parseArrayOption(options.array);
  const rows = options.params === undefined ? options.rows : await readRows(deps, options.params);
  const retries = readRetries({ ...options, maxActive: options.maxActive ?? array?.maxActive });
  const many = (replicas ?? 1) > 1 || array !== undefined || rows !== undefined;
  return {
    spec: { ...template, replicas, array: array?.array, rows },
    job,
    options: { ...retries, atomic },
    isBatch: many || job !== undefined || (options.retries ?? 0) > 0,
  };
}

/** One launch that is ready to be sent. */
export interface Prepared extends BatchRequest {
  /** Whether the user chose the name. */
  isNamed: boolean;
  after: AfterOptions;
}

/** Finds what is plainly wrong before the platform is asked for an image or a name. */
function checkEarly(template: Pick<BatchSpec, 'kind'>, options: CreateCommandOptions): void {
  const { name = 'name', image = 'project/image', replicas, env, envFile } = options;
  const hasVariables = env.length + envFile.length > 0;
  try {
    const { kind } = template;
    const [cmd] = options.command;
    checkCreate({ kind, name, image, replicas, cmd, ...(hasVariables ? { env: { A: '1' } } : {}) });
  } catch (error) {
    throw explainInput(error);
  }
}

/** `--wait 10m` reads well, but leaves the time as a word of the command. */
function checkWait({ wait, open, image, command }: CreateCommandOptions): void {
  if (!wait && !open) return;
  const time = [image, command[0]].find((word) => /^\d+(?:\.\d+)?(?:ms|[smhd])?$/.test(word ?? ''));
  if (time === undefined) return;
  throw usageError(
    `'${time}' is neither an image nor a command.`,
    `If you mean a time limit, write --wait-timeout ${time}.`,
  );
}

/** What moves files is loaded for those who have some. */
async function stagingOf(
  kind: string,
  options: CreateCommandOptions,
): Promise<StagedFiles | undefined> {
  if (options.upload.length + options.download.length === 0) return undefined;
  const { readStaging } = await import('./staging.js');
  return readStaging(kind, options);
}

export async function prepareLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions & Pick<ManyOptions, 'rows'>,
): Promise<Prepared> {
  const { kind } = options;
  if (kind === undefined)
    throw usageError(
      'KIND is missing.',
      "Usage: skaha create KIND [IMAGE]; see 'skaha create -h'.",
    );
  checkWait(options);
  checkAfter(io, kind, options);
  checkEarly({ kind: kind as RequestedKind }, options);
  const template = await readTemplate(io, deps, kind, options);
  const batch = await toBatch(deps, template, options);
  const files = await stagingOf(kind, options);
  const isNamed = options.name !== undefined;
  if (files === undefined) return { ...batch, isNamed, after: options };
  const until = options.noWait ? ({ until: 'launched' } as const) : {};
  const given = { options: { ...batch.options, ...until }, isBatch: true };
  return { ...batch, ...given, files, isNamed, after: options };
}
