import { defineCommand } from '../../command.js';
import type { RegistryLogoutOptions } from './logout.run.js';

export const registryLogoutCommand = defineCommand<RegistryLogoutOptions, 'host'>({
  description: 'Forgets user name and secret of a private image registry. Nothing is sent.',
  arguments: [
    { key: 'host', value: 'HOST', help: 'the registry; images.canfar.net when left out' },
  ],
  options: {},
  examples: [
    { command: 'skaha registry logout images.canfar.net', help: 'forget the secret' },
    { command: 'skaha registry ls', help: 'see first what is kept' },
  ],
  exitCodes: { 1: 'the configuration file cannot be changed' },
  load: () => import('./logout.run.js').then((module) => module.runRegistryLogout),
});
