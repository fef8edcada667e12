import { type Io, note } from '@skaha/terminal/io.js';
import { canAsk } from '@skaha/terminal/prompts/ask.js';
import { type Activation, type ServerSummary, useCredential } from 'skaha/account';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { accountOptions, warnOfVariables } from '../login/account.js';

export interface AuthUseOptions {
  provider: string;
  server?: string | undefined;
}

/** The menu of servers, where somebody can be asked. */
export const serverMenu = (io: Io, deps: Deps) =>
  canAsk(io)
    ? async (servers: readonly ServerSummary[]) =>
        (await deps.prompts()).choose(
          'Server',
          servers.map(({ name, url }) => ({ value: name, label: name, hint: url })),
          io.signal,
        )
    : undefined;

const reasons: Partial<Record<Activation['reason'], string>> = {
  remembered: ', as last time',
  single: ', the only one',
};

/** Says which pair is in use now. */
export function tellActive(io: Io, { context, credential, server, reason }: Activation): void {
  note(
    io,
    `Context '${context}' is active: ${credential} at ${server.name}${reasons[reason] ?? ''}.`,
  );
  warnOfVariables(io, context);
}

/** Uses another login. */
export const runAuthUse: Run<AuthUseOptions> = async (io, deps, { provider, server }) => {
  const options = { ...accountOptions(io, deps), server, choose: serverMenu(io, deps) };
  tellActive(io, await useCredential(provider, options));
  return undefined;
};
