import { type Logger, type LogLevel, loggerFrom, logRecord } from '@skaha/base/logger.js';

/**
 * A logger that writes one line an entry, with a UTC time.
 *
 * @param write - receives each line, newline included
 * @param least - what is less important is left out
 */
export function lineLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerFrom(least, (level, message) =>
    write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`),
  );
}

/**
 * A logger that writes each entry as a line of JSON: `timestamp` (UTC), `level`, `logger`,
 * `message`, and what the entry is about.
 *
 * @param write - receives each line, newline included
 * @param least - what is less important is left out
 */
export function jsonLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerFrom(least, (level, message, fields) => {
    write(`${JSON.stringify(logRecord(Date.now(), level, 'skaha.platform', message, fields))}\n`);
  });
}
