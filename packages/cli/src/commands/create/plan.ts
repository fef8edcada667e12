import type { Io } from '@skaha/terminal/io.js';
import { longName } from '@skaha/terminal/parse/specs.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { checkCreate, type RequestedKind, ValidationError } from 'skaha';
import type { BatchOptions, BatchSpec, RetryReason } from 'skaha/batch';
import type { Deps } from '../../environment/deps.js';
import { readText } from '../../environment/text-file.js';
import type { RetryOptions } from '../options.js';
import type { CreateCommandOptions } from './definitions.js';
import { explainInput } from './refusal.js';
import type { StagedFiles } from './staging.js';
import { readTemplate } from './template.js';

/** The options about what happens once the sessions are launched. */
export type AfterOptions = Pick<
  CreateCommandOptions,
  'attach' | 'notify' | 'open' | 'progress' | 'rm' | 'wait' | 'waitTimeout'
>;

/** One launch that is ready to be sent. */
export interface Launch {
  spec: BatchSpec;
  /** Name of its journal; made from the name of the sessions when it was not given. */
  job?: string | undefined;
  options: Omit<BatchOptions, 'journal' | 'onPlanned' | 'signal' | 'staging'>;
  /** Files that go along. */
  files?: StagedFiles | undefined;
  /** Whether it needs a journal: a single session without retries or files does not. */
  isBatch: boolean;
  /** Whether the user chose the name. */
  isNamed: boolean;
  after: AfterOptions;
}

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
  const { kind, job, replicas, params } = options;
  if (kind === undefined)
    throw usageError(
      'KIND is missing.',
      "Usage: skaha create KIND [IMAGE]; see 'skaha create -h'.",
    );
  checkOptions(io, kind, options);
  checkEarly(kind as RequestedKind, options);
  const template = await readTemplate(io, deps, kind, options);
  const { array, maxActive } = parseArrayOption(options.array);
  const rows = params === undefined ? options.rows : await readRows(deps, params);
  const retryOptions = readRetries({ ...options, maxActive: options.maxActive ?? maxActive });
  const files = await readFiles(kind, options);
  const isMany = (replicas ?? 1) > 1 || array !== undefined || rows !== undefined;
  const isRetried = (options.retries ?? 0) > 0;
  return {
    spec: { ...template, replicas, array, rows },
    job,
    options: {
      ...retryOptions,
      atomic: options.atomic,
      until: files !== undefined && options.noWait ? 'launched' : undefined,
    },
    files,
    isBatch: isMany || isRetried || job !== undefined || files !== undefined,
    isNamed: options.name !== undefined,
    after: options,
  };
}

/**
 * Refuses what contradicts itself, before anything is read or the platform is asked.
 *
 * @throws {SkahaError} command.usage
 */
function checkOptions(io: Io, kind: string, options: CreateCommandOptions): void {
  checkWait(options);
  checkAfter(io, kind, options);
  const given = (...keys: (keyof CreateCommandOptions)[]) =>
    Object.fromEntries(
      keys.map((key) => [longName(key), options[key] !== undefined && options[key] !== false]),
    );
  const program = onlyOne(
    { ...given('script', 'sh'), "a command after '--'": options.command.length > 0 },
    'Each of them says what the session runs.',
  );
  if (program?.startsWith('--') && kind !== 'headless')
    throw usageError(
      `The option ${program} is for headless sessions; a ${kind} session ignores it.`,
      'Leave it out, or launch a headless session.',
    );
  if (options.flex)
    onlyOne(
      given('flex', 'fixed', 'cpu', 'memory'),
      'A flexible session uses what is free; leave out one of them.',
    );
  onlyOne(given('replicas', 'array', 'params'), 'Each of them says how many sessions to launch.');
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

/**
 * Refuses what makes no sense together.
 *
 * @throws {SkahaError} command.usage
 */
export function checkAfter(io: Io, kind: string, { open, attach }: AfterOptions): void {
  const isHeadless = kind === 'headless';
  if (open && isHeadless)
    throw usageError(
      'There is nothing to open in a headless session.',
      'Use --attach to follow its log, or --wait.',
    );
  if (attach && !isHeadless)
    throw usageError(
      `A ${kind} session has no log to attach to.`,
      'Use --open to see it in the browser, or --wait.',
    );
  if (attach && io.format !== 'table')
    throw usageError(
      '--attach prints the log of the session, and no other format.',
      "Launch it first, then follow it with 'skaha logs -f'.",
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

/** Reads `RANGE%ACTIVE`. */
function parseArrayOption(text: string | undefined): { array?: string; maxActive?: number } {
  if (text === undefined) return {};
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

/** What reads them is loaded for those who have some. */
async function readFiles(
  kind: string,
  options: CreateCommandOptions,
): Promise<StagedFiles | undefined> {
  if (options.upload.length + options.download.length === 0) return undefined;
  return (await import('./staging.js')).readStaging(kind, options);
}
