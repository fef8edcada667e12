import { changeSettings, readSetting } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

export interface ConfigUnsetOptions {
  keys: readonly string[];
}

/** Removes settings. */
export const runConfigUnset: Run<ConfigUnsetOptions> = async (io, deps, { keys }) => {
  const source = configurationSource(io, deps);
  // A misspelt key would otherwise pass for one that was removed.
  for (const key of keys) await readSetting(key, source);
  await changeSettings(
    keys.map((path) => ({ path, value: undefined })),
    source,
    source,
  );
  return undefined;
};
