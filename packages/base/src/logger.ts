/** Facts beside a log message; never a secret. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where the library writes what it does. It is silent unless the caller gives one. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Says nothing: the default of every client. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
