import { note } from '@skaha/terminal/io.js';
import { updateConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';
import { registryHost } from './host.js';

export interface RegistryLogoutOptions {
  host?: string | undefined;
}

/** Forgets the credentials of an image registry. */
export const runRegistryLogout: Run<RegistryLogoutOptions> = async (io, deps, options) => {
  const host = registryHost(options.host);
  const source = configurationSource(io, deps);
  let known = false;
  await updateConfiguration(
    source.path,
    (draft) => {
      known = entry(draft.registries, host) !== undefined;
      delete draft.registries[host];
    },
    source,
  );
  note(io, known ? `Logged out of ${host}.` : `You were not logged in to ${host}.`);
  return undefined;
};
