import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { DataLayout } from '@skaha/service/data.js';
import { PlatformError, storageReason, systemCode } from '@skaha/service/errors.js';
import type { LineCounter } from 'yaml';
import type * as z from 'zod/mini';
import { commentedDefaults } from './commented-defaults.js';
import { configSchema, type PlatformConfig } from './schema.js';

const maximumSize = 1024 * 1024;

/**
 * The parser is loaded only if the file has been changed, which is rare: it would be a twentieth of
 * the memory of an idle platform.
 */
const parser = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

/**
 * Reads the configuration of a platform: the given object or file, otherwise the file in its data
 * directory, which is written with commented defaults if it is missing.
 *
 * @throws {PlatformError} `config.invalid` naming the file and the key
 */
export function loadConfig(
  layout: DataLayout,
  config: PlatformConfig | string | undefined,
): PlatformConfig {
  if (typeof config === 'object') return check(config, 'The platform configuration given');
  if (config === undefined && !existsSync(layout.config)) {
    // Private from the start, because hashed passwords may be added later.
    replaceFileSync(layout.config, commentedDefaults);
  }
  const path = config ?? layout.config;
  return readConfig(read(path), path);
}

/**
 * Parses the text of a configuration.
 *
 * @param path - the file it is from, for messages
 * @throws {PlatformError} `config.invalid` naming the file and the key
 */
export const readConfig = (text: string, path: string): PlatformConfig =>
  // An unchanged file needs no check either.
  text === commentedDefaults
    ? { version: 1 }
    : check(parse(text, path), `The platform configuration ${path}`);

const hint =
  'Correct the file, or move it away: the platform then writes a new one with the defaults.';

function invalid(message: string, cause?: unknown): PlatformError {
  return new PlatformError('config.invalid', message, { hint, cause });
}

function read(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > maximumSize)
      throw invalid(`The platform configuration ${path} is too large.`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof PlatformError) throw error;
    const reason = storageReason(error) ?? 'it is not UTF-8 text';
    const missing = systemCode(error) === 'ENOENT' ? 'there is no such file' : reason;
    throw invalid(`Cannot read the platform configuration ${path}: ${missing}.`, error);
  }
}

function compose(text: string, path: string, lineCounter: LineCounter) {
  try {
    // Pretty errors quote the file, and there may be as many errors as characters.
    const options = { prettyErrors: false, lineCounter, logLevel: 'error' } as const;
    return parser().parseDocument(text, { schema: 'core', ...options });
  } catch (cause) {
    throw invalid(`The platform configuration ${path} is nested too deeply.`, cause);
  }
}

function parse(text: string, path: string): unknown {
  const lines = new (parser().LineCounter)();
  const document = compose(text, path, lines);
  const [error] = document.errors;
  if (error !== undefined) {
    const { line } = lines.linePos(error.pos[0]);
    const [reason] = error.message.split('\n');
    throw invalid(
      `The platform configuration ${path} is not valid YAML at line ${line}: ${reason}`,
      error,
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 }) ?? {};
  } catch (cause) {
    throw invalid(`The platform configuration ${path} uses too many aliases.`, cause);
  }
}

function check(value: unknown, subject: string): PlatformConfig {
  const result = configSchema().safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${subject} is not valid: ${issue === undefined ? '' : describe(issue)}.`);
}

function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => [...issue.path, key].join('.'));
    return `unknown key ${keys.join(', ')}`;
  }
  const key = issue.path.length === 0 ? 'the document' : issue.path.join('.');
  return `${key}: ${textOf(issue)}`;
}

function textOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${issue.expected}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `expected ${issue.values.join(' or ')}`;
    case 'invalid_format':
      return 'does not have the form this key needs';
    case 'invalid_union':
      return 'has a value that is not allowed';
    default:
      return issue.message ?? 'not valid';
  }
}
