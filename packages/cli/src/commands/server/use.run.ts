import { useServer } from 'skaha/account';
import type { Run } from '../../command.js';
import { tellActive } from '../auth/run.js';
import { accountOptions } from '../login/account.js';

export interface ServerUseOptions {
  server: string;
  dev: boolean;
}

/** Uses another server. */
export const runServerUse: Run<ServerUseOptions> = async (io, deps, { server, dev }) => {
  const { idp: credential } = deps.globals;
  tellActive(io, await useServer(server, { ...accountOptions(io, deps), credential, dev }));
  return undefined;
};
