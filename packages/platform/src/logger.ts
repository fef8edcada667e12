/** Where the platform reports what it does. It never receives a secret. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Says nothing. */
export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/**
 * A logger that writes one line an entry, with a UTC time.
 *
 * @param write - receives each line, newline included
 */
export function lineLogger(write: (line: string) => void): Logger {
  const at = (level: string) => (message: string) =>
    write(`${new Date().toISOString()} ${level} ${message}\n`);
  return { debug: () => undefined, info: at('info '), warn: at('warn '), error: at('error') };
}
