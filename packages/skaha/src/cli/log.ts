import type { LogFields, Logger } from '../utils/logger.js';
import { type Io, isMachine, type Terminal } from './io.js';
import { plain } from './output/text.js';
import { type GlobalOptions, type LogLevel, logLevels } from './parse/globals.js';
import { usageError } from './usage.js';

const otherNames: Readonly<Record<string, LogLevel>> = { warn: 'warning', silent: 'critical' };

function levelFromEnvironment(env: Terminal['env']): LogLevel | undefined {
  const name = env['SKAHA_LOGLEVEL'] ? 'SKAHA_LOGLEVEL' : 'CANFAR_LOGLEVEL';
  const value = env[name]?.trim().toLowerCase();
  if (value === undefined || value === '') return undefined;
  const level = logLevels.find((known) => known === value) ?? otherNames[value];
  if (level !== undefined) return level;
  throw usageError(`${name} is not a log level.`, `Valid values: ${logLevels.join(', ')}.`);
}

const shown = (value: unknown): string =>
  plain(typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));

function line(level: LogLevel, message: string, fields: LogFields | undefined): string {
  const facts = Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${shown(value)}`);
  return `${level}: ${plain(message)}${facts.join('')}\n`;
}

/**
 * A logger that writes to standard error. Unless a flag or `SKAHA_LOGLEVEL` decides, warnings are
 * told to people and nothing is told to programs.
 *
 * @throws {SkahaError} command.usage for an unknown level in the environment
 */
export function createLogger(io: Io, globals: Pick<GlobalOptions, 'logLevel'>): Logger {
  const asked = globals.logLevel ?? levelFromEnvironment(io.env);
  const level = asked ?? (isMachine(io.format) ? 'critical' : 'warning');
  const limit = logLevels.indexOf(level);
  const at = (name: LogLevel) => (message: string, fields?: LogFields) => {
    if (logLevels.indexOf(name) > limit) return;
    if (asked === undefined) io.err(`${io.errStyle('yellow', 'Warning:')} ${plain(message)}\n`);
    else io.err(line(name, message, fields));
  };
  return { debug: at('debug'), info: at('info'), warn: at('warning'), error: at('error') };
}
