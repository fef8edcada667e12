import { isAbsolute, join } from 'node:path';
import type { Terminal } from '@skaha/terminal/io.js';
import { configurationPath, expandPath, homeDirectory } from 'skaha/config';

/** The configuration file that is meant: that of `--config`, else the usual one. */
export const configPath = (env: Terminal['env'], config?: string | undefined): string =>
  config === undefined ? configurationPath(env) : expandPath(config, env);

/**
 * A file among those that can be made again, in `$XDG_CACHE_HOME/skaha` or `~/.cache/skaha`.
 *
 * @returns undefined where there is no home directory, in which case nothing is kept
 */
export function cachePath(env: Terminal['env'], ...names: readonly string[]): string | undefined {
  const base = env['XDG_CACHE_HOME'];
  if (base !== undefined && isAbsolute(base)) return join(base, 'skaha', ...names);
  try {
    return join(homeDirectory(env), '.cache', 'skaha', ...names);
  } catch {
    return undefined;
  }
}
