import type { Io } from '@skaha/terminal/io.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { checkCreate, type RequestedKind, ValidationError } from 'skaha';
import type { BatchOptions, BatchSpec, RetryReason } from 'skaha/batch';
import type { Deps } from '../../deps.js';
import { readText } from '../../text-file.js';
import type { RetryOptions } from '../options.js';
import { checkAfter } from './after.js';
import type { Launch } from './launch.js';
import type { CreateCommandOptions } from './options.js';
import { explainInput } from './refusal.js';
import type { StagedFiles } from './staging.js';
import { readTemplate } from './template.js';

/**
 * Works out what the options ask for.
 *
 * @throws {SkahaError} command.usage, request.invalid
 */
export async function planLaunch(
  io: Io,
  deps: Deps,
  options: CreateCommandOptions,
): Promise<Launch> {
  const { kind, job, noWait, name, replicas, retries = 0 } = options;
  if (kind === undefined)
    throw usageError(
      'KIND is missing.',
      "Usage: skaha create KIND [IMAGE]; see 'skaha create -h'.",
    );
  checkWait(options);
  checkAfter(io, kind, options);
  checkEarly(kind as RequestedKind, options);
  const template = await readTemplate(io, deps, kind, options);
  const items = await readItems(deps, options);
  const { array, rows } = items;
  const maxActive = options.maxActive ?? items.maxActive;
  const retrying = readRetries({ ...options, maxActive });
  const files = await readFiles(kind, options);
  const isMany = (replicas ?? 1) > 1 || array !== undefined || rows !== undefined;
  return {
    spec: { ...template, replicas, array, rows },
    job,
    options: {
      ...retrying,
      atomic: options.atomic,
      until: files !== undefined && noWait ? 'launched' : undefined,
    },
    files,
    isBatch: isMany || job !== undefined || retries > 0 || files !== undefined,
    isNamed: name !== undefined,
    after: options,
  };
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

/** Finds what is plainly wrong before the platform is asked for an image or a name. */
function checkEarly(kind: RequestedKind, options: CreateCommandOptions): void {
  const { name = 'name', image = 'project/image', replicas, command, env, envFile } = options;
  const hasVariables = env.length + envFile.length > 0;
  try {
    const variables = hasVariables ? { A: '1' } : undefined;
    checkCreate({ kind, name, image, replicas, cmd: command[0], env: variables });
  } catch (error) {
    throw explainInput(error);
  }
}

const reasons: readonly RetryReason[] = ['failed', 'rejected'];

/**
 * Reads what is tried again, how often and how fast.
 *
 * @throws {SkahaError} command.usage for a reason that is none
 */
export function readRetries({ retries, retryOn, backoff: backoffMs, maxActive }: RetryOptions) {
  const words = retryOn?.split(',').map((word) => word.trim());
  const chosen = words?.map((word) => {
    const reason = reasons.find((known) => known === word.toLowerCase());
    if (reason !== undefined) return reason;
    throw usageError(
      `'${word}' is not a reason to try again.`,
      'Valid values: failed, rejected, or both with a comma between them.',
    );
  });
  return { retries, retryOn: chosen, backoffMs, maxActive };
}

/** In what the sessions of a batch differ. */
type Items = Pick<BatchSpec, 'array' | 'rows'> & Pick<BatchOptions, 'maxActive'>;

async function readItems(deps: Deps, options: CreateCommandOptions): Promise<Items> {
  const { replicas, array, params, rows } = options;
  onlyOne(
    {
      '--replicas': replicas !== undefined,
      '--array': array !== undefined,
      '--params': params !== undefined,
    },
    'Each of them says how many sessions to launch.',
  );
  const values = array === undefined ? undefined : parseArrayOption(array);
  return { ...values, rows: params === undefined ? rows : await readRows(deps, params) };
}

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
  const format = /\.(csv|jsonl|ndjson|json|ya?ml)$/i.exec(path)?.[1]?.toLowerCase();
  if (format === undefined)
    throw usageError(
      `The file ${path} is none of .csv, .jsonl, .json and .yaml.`,
      'Give it the extension of its format.',
    );
  const text = await readText(deps, path, '--params');
  const { parseCsv, parseJsonLines, rowOf } = await import('skaha/batch');
  try {
    if (format === 'csv') return parseCsv(text);
    if (format === 'jsonl' || format === 'ndjson') return parseJsonLines(text);
    const { readYaml } = await import('@skaha/terminal/parse/yaml.js');
    const [value, ...more] = await readYaml(text, path);
    if (!Array.isArray(value) || more.length > 0)
      throw usageError(`${path} is not a list of rows.`, 'Write for example - BAND: r');
    return value.map((row, index) => rowOf(row, `Row ${index + 1}`));
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error;
    throw usageError(`${path}: ${error.message}`, 'Correct the file; nothing was launched.');
  }
}

/** What moves files is loaded for those who have some. */
async function readFiles(
  kind: string,
  options: CreateCommandOptions,
): Promise<StagedFiles | undefined> {
  if (options.upload.length + options.download.length === 0) return undefined;
  const { readStaging } = await import('./staging.js');
  return readStaging(kind, options);
}
