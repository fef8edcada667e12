import { entry } from '@skaha/base/names.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { renderItem } from '@skaha/terminal/output/render.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import { certificateReader, readAuthorities, tokenReader } from 'skaha/account';
import {
  addContext,
  type ContextSummary,
  configurationBase,
  expandPath,
  listContexts,
  loadConfiguration,
  removeContext,
  unknownContext,
  useContext,
} from 'skaha/config';
import type { Run } from '../../command.js';
import {
  type CommandSource,
  configurationSource,
  warn,
} from '../../configuration/configuration.js';
import { serverAddress, warnOfVariables } from '../account.js';
import type * as def from './definitions.js';
import { contextFields } from './definitions.js';

/** A context for programs; the names of its fields are a promise. */
const contextDocument = (context: ContextSummary) => documentOf(contextFields, context);

const contextColumns: readonly Column<ContextSummary>[] = [
  column('', ({ active }) => (active ? '*' : '')),
  column('NAME', ({ name }) => name, { ink: ({ active }) => (active ? 'green' : undefined) }),
  column('SERVER', ({ url }) => url ?? '-', { shrinkTo: 20 }),
  column('CREDENTIAL', ({ mode }) => mode ?? '-'),
  column('FILE', ({ path }) => path ?? '-', { shrinkTo: 12 }),
];

export const runContextLs: Run<typeof def.contextLsCommand> = async (io, deps) => {
  const rows = await listContexts(configurationSource(io, deps));
  await renderList(
    io,
    { rows, document: contextDocument, columns: contextColumns, name: ({ name }) => name },
    "There are no contexts yet. Log in with 'skaha login', start a platform on this machine with 'skaha platform start', or add one with 'skaha context add'.",
  );
};

/** When the certificate of a context ends, or why its credential cannot be used. */
async function examineCredential(
  { mode, path }: ContextSummary,
  { path: configuration, environment, clock }: CommandSource,
): Promise<{ expires?: Date; problem?: string }> {
  if (path === undefined) return {};
  const file = expandPath(path, environment, configurationBase(configuration));
  try {
    if (mode === 'x509') return { expires: (await certificateReader(file, clock)()).notAfter };
    await tokenReader(file)();
    return {};
  } catch (error) {
    if (isSkahaError(error)) return { problem: error.message };
    throw error;
  }
}

function activeOf(contexts: readonly ContextSummary[]): string {
  const active = contexts.find((context) => context.active);
  if (active !== undefined) return active.name;
  if (contexts.length > 0) {
    throw new SkahaError('server.required', 'No context is active.', {
      hint: "Choose one with 'skaha context use NAME'.",
    });
  }
  throw new SkahaError('authentication.required', 'There are no contexts yet.', {
    hint: "Start a platform on this machine with 'skaha platform start', or add a context with 'skaha context add'.",
  });
}

export const runContextShow: Run<typeof def.contextShowCommand> = async (io, deps, options) => {
  const source = configurationSource(io, deps);
  const contexts = await listContexts(source);
  const variable = io.env['SKAHA_CONTEXT']?.trim() || undefined;
  const name = options.name ?? deps.globals.context ?? variable ?? activeOf(contexts);
  const { configuration } = await loadConfiguration(source);
  const context = contexts.find((candidate) => candidate.name === name);
  if (context === undefined) throw unknownContext(name, configuration);
  const { expires, problem } = await examineCredential(context, source);
  const ca = entry(configuration.servers, context.server)?.ca;
  const data = {
    ...contextDocument(context),
    ca: ca ?? null,
    expires: expires?.toISOString() ?? null,
    problem: problem ?? null,
  };
  await renderItem(io, name, data, [
    ['Context', context.active ? `${name} (active)` : name],
    ['Server', context.url ?? context.server],
    ['Version', context.version],
    ['CA', ca],
    ['Credential', context.mode ?? `${context.credential} (does not exist)`],
    ['File', context.path],
    ['Expires', expires && `${utc(expires)} (${relative(expires, deps.now())})`],
    ['Problem', problem],
  ]);
};

export const runContextUse: Run<typeof def.contextUseCommand> = async (io, deps, { name }) => {
  const { url } = await useContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' is active${url === undefined ? '' : `: ${url}`}.`);
  warnOfVariables(io, name);
};

export const runContextAdd: Run<typeof def.contextAddCommand> = async (io, deps, options) => {
  const { name, use, certificate, tokenFile } = options;
  const source = configurationSource(io, deps);
  const file = certificate ?? tokenFile;
  if (file === undefined || (certificate !== undefined && tokenFile !== undefined)) {
    throw usageError('Give one credential: --certificate FILE or --token-file FILE.');
  }
  const mode = certificate === undefined ? 'token' : 'x509';
  const ca = options.ca === undefined ? undefined : expandPath(options.ca, io.env);
  const { url, version } = serverAddress(options.url);
  const present = (await listContexts(source)).find((context) => context.name === name);
  if (present !== undefined) {
    const where = present.url ?? present.server;
    const question = `Replace the context '${name}' (${where})?`;
    if (!(await confirm(io, question, 'Nothing was changed.'))) return;
  }
  const added = await addContext(
    {
      name,
      server: { url, version, ca },
      credential: { mode, path: expandPath(file, io.env) },
      activate: use ? 'always' : 'if-none',
    },
    source,
  );
  // Files that are not there yet may come later, so they are no errors now.
  if (ca !== undefined) {
    await readAuthorities(ca).catch((error: unknown) => {
      if (!isSkahaError(error)) throw error;
      warn(io, error.message);
    });
  }
  const { problem } = await examineCredential(added, source);
  if (problem !== undefined) warn(io, problem);
  const how = added.active ? 'It is the active one.' : `Use it with 'skaha context use ${name}'.`;
  note(io, `Context '${name}' was ${present === undefined ? 'added' : 'replaced'}. ${how}`);
};

export const runContextRm: Run<typeof def.contextRmCommand> = async (io, deps, { name }) => {
  const { active } = await removeContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' was removed.${active ? ' No context is active now.' : ''}`);
};
