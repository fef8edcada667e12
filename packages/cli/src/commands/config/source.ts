import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import { configurationPath, type UpdateOptions } from 'skaha/config';
import { expandPath } from 'skaha/internal/config/index.js';
import type { Deps } from '../../deps.js';

/** Where this command line's configuration is, and how to wait for it. */
export interface CommandSource extends UpdateOptions {
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
    onWarning: (warning) => note(io, `${io.errStyle('yellow', 'Warning:')} ${plain(warning)}`),
  };
}
