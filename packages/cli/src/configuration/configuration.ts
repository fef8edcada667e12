import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import {
  type Configuration,
  loadConfiguration,
  type UpdateOptions,
  updateConfiguration,
} from 'skaha/config';
import type { Deps } from '../environment/deps.js';
import { configPath } from './places.js';

/** Where this command line's configuration is, and how to wait for it. */
export interface CommandSource extends UpdateOptions {
  path: string;
  environment: Io['env'];
}

/** Shows a warning to people. */
export const warn = (io: Io, warning: string): void =>
  note(io, `${io.errStyle('yellow', 'Warning:')} ${plain(warning)}`);

/**
 * Finds the configuration that a command works on.
 *
 * @throws {SkahaError} `config.invalid` when `SKAHA_CONFIG` holds no path
 */
export const configurationSource = (io: Io, deps: Deps): CommandSource => ({
  path: configPath(io.env, deps.globals.config),
  environment: io.env,
  signal: io.signal,
  clock: deps.clock,
  onWarning: (warning) => warn(io, warning),
});

/** Reads the configuration that a command works on. */
export const readConfiguration = async (io: Io, deps: Deps): Promise<Configuration> =>
  (await loadConfiguration(configurationSource(io, deps))).configuration;

/** Changes the configuration that a command works on. */
export const changeConfiguration = (
  source: CommandSource,
  change: (draft: Configuration) => void,
): Promise<unknown> => updateConfiguration(source.path, change, source);
