import { existsSync } from 'node:fs';
import type { Terminal } from '@skaha/terminal/io.js';
import type { SkahaError } from 'skaha';
import { builtInProviders, serverName } from 'skaha/account';
import {
  configurationPath,
  type ImportOptions,
  importConfiguration,
  pythonFiles,
} from 'skaha/config';
import { reworded } from '../output/outcome.js';

const providerAt = (discovery: string) => {
  const found = builtInProviders.find((provider) => provider.discovery === discovery);
  return found?.issuer === undefined ? undefined : { key: found.key, issuer: found.issuer };
};

/** What an import of settings must know that is written in no file. */
export const importTools: ImportOptions['tools'] = { serverName, providerAt };

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
    const trial = { environment: env, file: path, dryRun: true, tools: importTools };
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
