import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import type { Clock } from '@skaha/base/clock.js';
import { expirySubject } from '@skaha/base/expiry-warning.js';
import { logTag } from '@skaha/base/log-tag.js';
import {
  isTold,
  type LogLevel as LibraryLevel,
  type LogFields,
  type Logger,
  levelNames,
  logRecord,
} from '@skaha/base/logger.js';
import type { RotatingFile } from '@skaha/base/rotation.js';
import { systemCode } from '@skaha/base/system-code.js';
import { type Io, isMachine, say, type Terminal } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { SkahaError } from 'skaha';
import { expandPath } from 'skaha/config';
import { cachePath } from '../configuration/places.js';
import { trace } from '../output/report.js';
import { type GlobalOptions, type LogLevel, leastLevels, logLevels } from '../parse/globals.js';

/** What the log needs from outside. */
export interface LogTools {
  clock: Pick<Clock, 'now'>;
  /** A number from 0 up to 1. */
  random(): number;
}

export interface CommandLogger extends Logger {
  /** Notes in the file what ended the command; people and programs see it elsewhere. */
  failed(error: SkahaError): void;
  close(): Promise<void>;
}

const otherNames: Readonly<Record<string, LogLevel>> = { warn: 'warning', silent: 'critical' };

function levelFromEnvironment(env: Terminal['env']): LogLevel | undefined {
  const name = env['SKAHA_LOGLEVEL']?.trim() ? 'SKAHA_LOGLEVEL' : 'CANFAR_LOGLEVEL';
  const given = env[name]?.trim() ?? '';
  if (given === '') return undefined;
  const value = given.toLowerCase();
  const level = logLevels.find((known) => known === value);
  if (level !== undefined) return level;
  if (Object.hasOwn(otherNames, value)) return otherNames[value];
  throw new SkahaError('logging.invalid_env_value', `${name} is not a log level.`, {
    hint: `Valid values: ${logLevels.join(', ')}.`,
    details: { env_var: name, provided_value: plain(given).slice(0, 40), expected: [...logLevels] },
  });
}

const shown = (value: unknown): string =>
  plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));

function line(level: LibraryLevel, message: string, fields: LogFields): string {
  const facts = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`);
  return `${levelNames[level].toLowerCase()}: ${plain(message)}${facts.join('')}\n`;
}

/**
 * Finds out whether something is shown for the first time today, and records that it is shown.
 *
 * @returns true also when the record cannot be read or written
 */
async function isNewToday(text: string, env: Terminal['env'], now: number): Promise<boolean> {
  const file = cachePath(env, 'told-today');
  // A user without a home directory is warned each time.
  if (file === undefined) return true;
  const today = new Date(now).toISOString().slice(0, 10);
  const entry = `${today} ${text}`;
  const { makePrivateDirectory, replaceFile } = await import('@skaha/base/private-file.js');
  const lines = await readFile(file, 'utf8').then(
    (all) => all.split('\n').filter((line) => line.startsWith(`${today} `)),
    (): string[] => [],
  );
  if (lines.includes(entry)) return false;
  try {
    await makePrivateDirectory(dirname(file));
    await replaceFile(file, `${[...lines, entry].join('\n')}\n`);
  } catch {
    // Said too often is better than not at all.
  }
  return true;
}

/** Prints a warning for people; that a credential ends soon, once a day. */
async function warn(io: Io, message: string, clock: LogTools['clock']): Promise<void> {
  const subject = expirySubject(message);
  if (subject === undefined || (await isNewToday(subject, io.env, clock.now())))
    say(io, `${io.errStyle('yellow', 'Warning:')} ${plain(message)}`);
}

/**
 * Refuses what can never be a log file.
 *
 * @throws {SkahaError} logging.invalid_file_path
 */
export function checkLogPath(given: string, path: string): void {
  const isDirectory = () => {
    try {
      return statSync(path).isDirectory();
    } catch {
      return false;
    }
  };
  if (given !== '-' && given !== '' && !given.endsWith(sep) && !isDirectory()) return;
  throw new SkahaError('logging.invalid_file_path', `'${given}' cannot be the log file.`, {
    hint: 'Give the path of a file; logs go to standard error in any case.',
  });
}

/** Opens the file that `--log-file` names; a failure is reported, and the command continues. */
async function openFile(io: Io, given: string): Promise<RotatingFile> {
  const path = expandPath(given, io.env);
  checkLogPath(given, path);
  const { RotatingFile } = await import('@skaha/base/rotation.js');
  return new RotatingFile({ path, maxBytes: 10 * 2 ** 20, keep: 10 }, (cause) => {
    const error = new SkahaError(
      'logging.file_sink_unavailable',
      `The log file ${path} cannot be written (${systemCode(cause) ?? 'unknown reason'}); the command continues without it.`,
      { cause, hint: 'Choose another file with --log-file.' },
    );
    io.err(
      isMachine(io.format)
        ? `${JSON.stringify(error)}\n`
        : `${io.errStyle('yellow', 'Warning:')} ${plain(error.message)}\n`,
    );
  });
}

/**
 * The logger of a command line. It writes to standard error, and to a file when one was named.
 * Unless a flag or `SKAHA_LOGLEVEL` decides, warnings are told to people and nothing is told to
 * programs.
 *
 * @throws {SkahaError} logging.invalid_env_value for an unknown level in the environment,
 * logging.invalid_file_path
 */
export async function createLogger(
  io: Io,
  globals: Pick<GlobalOptions, 'logLevel' | 'logFile'>,
  { clock, random }: LogTools,
): Promise<CommandLogger> {
  const asked = globals.logLevel ?? levelFromEnvironment(io.env);
  const least = leastLevels[asked ?? (isMachine(io.format) ? 'critical' : 'warning')];
  const leastInFile = leastLevels[asked ?? 'warning'];
  const file = globals.logFile === undefined ? undefined : await openFile(io, globals.logFile);
  const run = logTag(random);
  const pending: Promise<void>[] = [];
  const record = (level: LibraryLevel, logger: string, message: string, fields: LogFields) => {
    if (isTold(level, leastInFile))
      file?.write(`${JSON.stringify(logRecord(clock.now(), level, logger, message, fields))}\n`);
  };
  const at = (level: LibraryLevel) => (message: string, fields?: LogFields) => {
    const facts = { request_id: run, ...fields };
    record(level, 'skaha', message, facts);
    if (!isTold(level, least)) return;
    if (asked !== undefined) io.err(line(level, message, facts));
    else pending.push(warn(io, message, clock));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    failed: (error) => {
      const exception = asked === 'debug' ? { exception: trace(error) } : {};
      const facts = { request_id: run, code: error.code, ...exception };
      record('error', 'skaha.cli', error.message, facts);
    },
    close: async () => {
      await Promise.all(pending);
      file?.close();
    },
  };
}
