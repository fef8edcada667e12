import { existsSync } from 'node:fs';
import type { Terminal } from '@skaha/terminal/io.js';
import type { SkahaError } from 'skaha';
import { configurationPath, importConfiguration, pythonFiles } from 'skaha/config';
import { importTools as tools } from './import-tools.js';
import { reworded } from './output/outcome.js';

/**
 * Points to the settings of a Python client where there are none of our own.
 *
 * @returns the error with another hint, or the same
 */
export async function importHint(error: SkahaError, env: Terminal['env']): Promise<SkahaError> {
  try {
    if (existsSync(configurationPath(env))) return error;
  } catch {
    return error;
  }
  let found: string | undefined;
  for (const path of pythonFiles(env)) {
    const trial = { environment: env, file: path, dryRun: true, tools };
    // One that cannot be imported, or with nothing to log in with, is no way out.
    const items = (await importConfiguration(trial).catch(() => undefined))?.items ?? [];
    const isUseful = items.some(
      ({ setting, outcome }) => outcome === 'taken' && /^(?:credentials|contexts)\./.test(setting),
    );
    if (isUseful) found ??= path;
  }
  if (found === undefined) return error;
  const hint = `Import the settings in ${found} with 'skaha config import', or log in with 'skaha login'.`;
  return reworded(error, { hint });
}
