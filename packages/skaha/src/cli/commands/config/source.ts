import { configurationPath, expandPath, type LockOptions } from '../../../config/index.js';
import type { Deps } from '../../deps.js';
import type { Io } from '../../io.js';

/** Where this command line's configuration is, and how to wait for it. */
export interface CommandSource extends LockOptions {
  path: string;
  environment: Io['env'];
}

/**
 * Finds the configuration that a command works on: `--config`, else the usual places.
 *
 * @throws {SkahaError} `config.invalid` when `SKAHA_CONFIG` holds no path
 */
export function configurationSource(io: Io, deps: Deps): CommandSource {
  const { config } = deps.globals;
  return {
    path: config === undefined ? configurationPath(io.env) : expandPath(config, io.env),
    environment: io.env,
    signal: io.signal,
    clock: deps.clock,
  };
}
