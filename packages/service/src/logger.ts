import { copyFileSync, renameSync, statSync, truncateSync } from 'node:fs';

/** How important an entry is, the least first. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** How important an entry is. */
export type LogLevel = (typeof logLevels)[number];

/** What an entry is about, for programs that read the log. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

/** Where the platform reports what it does. It never receives a secret. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function loggerOf(
  least: LogLevel,
  write: (level: LogLevel, message: string, fields: LogFields | undefined) => void,
): Logger {
  const from = logLevels.indexOf(least);
  const at = (level: LogLevel) =>
    logLevels.indexOf(level) < from
      ? () => undefined
      : (message: string, fields?: LogFields) => write(level, message, fields);
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/**
 * A logger that writes one line an entry, with a UTC time.
 *
 * @param write - receives each line, newline included
 * @param least - what is less important is left out
 */
export function lineLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerOf(least, (level, message) =>
    write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`),
  );
}

/**
 * A logger that writes each entry as a line of JSON: `time` (UTC), `level`, `message`, and what the
 * entry is about.
 *
 * @param write - receives each line, newline included
 * @param least - what is less important is left out
 */
export function jsonLogger(write: (line: string) => void, least: LogLevel = 'info'): Logger {
  return loggerOf(least, (level, message, fields) => {
    const time = new Date().toISOString();
    write(`${JSON.stringify({ time, level, message, ...fields })}\n`);
  });
}

/** How a log file is kept from growing for ever. */
export interface Rotation {
  readonly path: string;
  /** Size at which it begins anew. */
  readonly maxBytes: number;
  /** How many old files are kept, as `PATH.1` (the latest), `PATH.2` and so on. */
  readonly keep: number;
}

/**
 * Wraps what appends to a file, and moves the file's content away when it is large. The file itself
 * stays the same, because a process has it open as its output.
 *
 * @param write - appends to the file
 */
export function rotating(
  write: (line: string) => void,
  { path, maxBytes, keep }: Rotation,
): (line: string) => void {
  let size = sizeOf(path);
  return (line) => {
    const bytes = Buffer.byteLength(line);
    if (size > 0 && size + bytes > maxBytes) {
      moveOn(path, keep);
      size = sizeOf(path);
    }
    write(line);
    size += bytes;
  };
}

/** A log that cannot be moved on goes on growing: that must not stop a platform. */
function moveOn(path: string, keep: number): void {
  try {
    for (let number = keep - 1; number >= 1; number -= 1) {
      if (sizeOf(`${path}.${number}`) > 0) renameSync(`${path}.${number}`, `${path}.${number + 1}`);
    }
    if (keep > 0) copyFileSync(path, `${path}.1`);
    truncateSync(path);
  } catch {
    // A full disk: the next line tries again.
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
