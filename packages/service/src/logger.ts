import { type Logger, type LogLevel, loggerFrom, logRecord } from '@skaha/base/logger.js';

/**
 * A logger that writes a line for each entry, with the time in UTC.
 *
 * @param write - receives each line with its newline
 * @param least - the lowest level that is written
 */
export function lineLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerFrom(least, (level, message) =>
    write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`),
  );
}

/**
 * A logger that writes each entry as a line of JSON: `timestamp` (UTC), `level`, `logger`,
 * `message`, and the fields of the entry.
 *
 * @param write - receives each line with its newline
 * @param least - the lowest level that is written
 */
export function jsonLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerFrom(least, (level, message, fields) => {
    write(`${JSON.stringify(logRecord(Date.now(), level, 'skaha.platform', message, fields))}\n`);
  });
}
