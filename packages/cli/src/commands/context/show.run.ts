import { render } from '@skaha/terminal/output/render.js';
import { fields } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { isSkahaError, SkahaError } from 'skaha';
import { type ContextSummary, listContexts, loadConfiguration } from 'skaha/config';
import { certificateReader, tokenReader } from 'skaha/internal/auth/index.js';
import { baseOf, entry, expandPath, unknownContext } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type CommandSource, configurationSource } from '../config/source.js';
import { contextDocument } from './context-view.js';

export interface ContextShowOptions {
  name?: string | undefined;
}

interface CredentialState {
  /** When a certificate ends. */
  expires?: Date | undefined;
  /** Why the credential cannot be used. */
  problem?: string | undefined;
}

async function stateOf(
  { mode, path }: ContextSummary,
  source: CommandSource,
  deps: Deps,
): Promise<CredentialState> {
  if (path === undefined) return {};
  const file = expandPath(path, source.environment, baseOf(source.path));
  try {
    if (mode === 'x509') return { expires: (await certificateReader(file, deps.clock)()).notAfter };
    await tokenReader(file)();
    return {};
  } catch (error) {
    if (isSkahaError(error)) return { problem: error.message };
    throw error;
  }
}

function choose(contexts: readonly ContextSummary[], name: string | undefined): string {
  const chosen = name ?? contexts.find(({ active }) => active)?.name;
  if (chosen !== undefined) return chosen;
  const hint =
    contexts.length === 0
      ? 'Start a platform on this machine with  skaha platform start  or add a context with  skaha context add.'
      : 'Choose one with  skaha context use NAME.';
  throw contexts.length === 0
    ? new SkahaError('authentication.required', 'There are no contexts yet.', { hint })
    : new SkahaError('server.required', 'No context is active.', { hint });
}

/** Shows one context. */
export const runContextShow: Run<ContextShowOptions> = async (io, deps, { name }) => {
  const source = configurationSource(io, deps);
  const contexts = await listContexts(source);
  const variable = io.env['SKAHA_CONTEXT']?.trim();
  const preferred = name ?? deps.globals.context ?? (variable === '' ? undefined : variable);
  const chosen = choose(contexts, preferred);
  const { configuration } = await loadConfiguration(source);
  const context = contexts.find((candidate) => candidate.name === chosen);
  if (context === undefined) throw unknownContext(chosen, configuration);
  const { expires, problem } = await stateOf(context, source, deps);
  const ca = entry(configuration.servers, context.server)?.ca;
  await render(io, {
    data: {
      ...contextDocument(context),
      ca: ca ?? null,
      expires: expires?.toISOString() ?? null,
      problem: problem ?? null,
    },
    table: () =>
      fields(io, [
        ['Context', context.active ? `${chosen} (active)` : chosen],
        ['Server', context.url ?? context.server],
        ['Version', context.version],
        ['CA', ca],
        ['Credential', context.mode ?? `${context.credential} (does not exist)`],
        ['File', context.path],
        ['Expires', expires && `${utc(expires)} (${relative(expires, deps.now())})`],
        ['Problem', problem],
      ]),
    names: () => [chosen],
  });
  return undefined;
};
