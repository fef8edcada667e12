import { firstLine } from '@skaha/base/redact.js';
import type { Io } from '@skaha/terminal/io.js';
import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { SkahaError } from 'skaha';
import { loadConfiguration } from 'skaha/config';
import { entry } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { configurationSource } from '../config/source.js';

/** The saved login that is in use; null for one that was given for this call. */
async function loginOf(io: Io, deps: Deps, context: string | undefined): Promise<string | null> {
  if (context === undefined) return null;
  const { configuration } = await loadConfiguration(configurationSource(io, deps));
  // A pair that no context has is named login@server.
  return entry(configuration.contexts, context)?.credential ?? context.split('@')[0] ?? null;
}

/** Asks who the user is. */
export const runWhoami: Run<Record<never, never>> = async (io, deps) => {
  const client = await deps.client();
  const { root, mode, context } = await client.connection();
  const reply = await client.request({ method: 'GET', path: ['context'], signal: io.signal });
  const user = firstLine(reply.header('x-vo-authenticated') ?? '');
  if (user === '') {
    throw new SkahaError('response.invalid', `${new URL(root).host} does not tell who you are.`, {
      hint: 'See what is saved:  skaha auth show',
    });
  }
  const idp = await loginOf(io, deps, context);
  await render(io, {
    data: { user, idp, mode, server: root, context: context ?? null },
    table: () =>
      fields(io, [
        ['User', user],
        ['Login', idp ?? `given for this call (${mode})`],
        ['Server', root],
        ['Context', context],
      ]),
    names: () => [user],
  });
  return undefined;
};
