/** How important an entry is, the least first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** How important an entry is. */
export type LogLevel = (typeof logLevels)[number];

/** Facts besides a log message; never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the library and the platform write what they do. It never receives a secret. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing: the default of every client and every platform. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};

/** What is written for one event; the first four names are a promise. */
export interface LogRecord {
  /** UTC, as ISO 8601 writes it. */
  timestamp: string;
  level: string;
  /** Who writes it: `skaha`, `skaha.cli`, `skaha.platform`. */
  logger: string;
  message: string;
  [fact: string]: unknown;
}

/** As programs of the field write them. */
export const levelNames: Readonly<Record<LogLevel, string>> = {
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
};

/**
 * The record of one event.
 *
 * @param at - when, in milliseconds since the epoch
 * @param logger - who writes it
 * @param fields - cannot replace what every record has
 */
export function logRecord(
  at: number,
  level: LogLevel,
  logger: string,
  message: string,
  fields: LogFields = {},
): LogRecord {
  const timestamp = new Date(at).toISOString();
  const known = { timestamp, level: levelNames[level], logger, message };
  return { ...known, ...fields, ...known };
}

/** Whether an entry is important enough; nothing is where there is no least level. */
export const isTold = (level: LogLevel, least: LogLevel | undefined): boolean =>
  least !== undefined && logLevels.indexOf(level) >= logLevels.indexOf(least);

/**
 * A logger that writes what is important enough.
 *
 * @param least - what is less important is left out
 */
export function loggerFrom(
  least: LogLevel,
  write: (level: LogLevel, message: string, fields: LogFields | undefined) => void,
): Logger {
  const at = (level: LogLevel) =>
    isTold(level, least)
      ? (message: string, fields?: LogFields) => write(level, message, fields)
      : () => undefined;
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
