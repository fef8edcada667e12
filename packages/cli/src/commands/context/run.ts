import { entry } from '@skaha/base/names.js';
import { parseServerUrl } from '@skaha/base/server-url.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import { type Column, column, fields } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isSkahaError, SkahaError } from 'skaha';
import { certificateReader, readAuthorities, tokenReader } from 'skaha/account';
import {
  addContext,
  type ContextSummary,
  type CredentialEntry,
  configurationBase,
  expandPath,
  listContexts,
  loadConfiguration,
  removeContext,
  unknownContext,
  useContext,
} from 'skaha/config';
import type { OptionsOf, Run } from '../../command.js';
import { type CommandSource, configurationSource } from '../../configuration.js';
import type { Deps } from '../../deps.js';
import type * as def from './definitions.js';
import { contextFields } from './definitions.js';

/** A context for programs; the names of its fields are a promise. */
export const contextDocument = (context: ContextSummary) => documentOf(contextFields, context);

export const contextColumns: readonly Column<ContextSummary>[] = [
  column('', ({ active }) => (active ? '*' : '')),
  column('NAME', ({ name }) => name, { ink: ({ active }) => (active ? 'green' : undefined) }),
  column('SERVER', ({ url }) => url ?? '-', { shrinkTo: 20 }),
  column('CREDENTIAL', ({ mode }) => mode ?? '-'),
  column('FILE', ({ path }) => path ?? '-', { shrinkTo: 12 }),
];

export const runContextLs: Run<typeof def.contextLsCommand> = async (io, deps) => {
  const contexts = await listContexts(configurationSource(io, deps));
  await renderList(
    io,
    {
      rows: contexts,
      document: contextDocument,
      columns: contextColumns,
      name: ({ name }) => name,
    },
    "There are no contexts yet. Log in with 'skaha login', start a platform on this machine with 'skaha platform start', or add one with 'skaha context add'.",
  );
};

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
  const file = expandPath(path, source.environment, configurationBase(source.path));
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
      ? "Start a platform on this machine with 'skaha platform start', or add a context with 'skaha context add'."
      : "Choose one with 'skaha context use NAME'.";
  throw contexts.length === 0
    ? new SkahaError('authentication.required', 'There are no contexts yet.', { hint })
    : new SkahaError('server.required', 'No context is active.', { hint });
}

export const runContextShow: Run<typeof def.contextShowCommand> = async (io, deps, { name }) => {
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
};

export const runContextUse: Run<typeof def.contextUseCommand> = async (io, deps, { name }) => {
  const { url } = await useContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' is active${url === undefined ? '' : `: ${url}`}.`);
  const variable = io.env['SKAHA_CONTEXT']?.trim();
  if (variable !== undefined && variable !== '' && variable !== name) {
    note(io, `Warning: SKAHA_CONTEXT is set to '${variable}', which takes precedence.`);
  }
};

export type ContextAddOptions = OptionsOf<typeof def.contextAddCommand>;

/**
 * Reads the address of a server that is added by hand.
 *
 * @throws {SkahaError} `command.usage`
 */
export function serverAddress(url: string | undefined) {
  const hint = 'Give it like  --url https://ws-uv.canfar.net/skaha';
  if (url === undefined) throw usageError('The address of the server is missing.', hint);
  const address = parseServerUrl(url);
  if (address?.secure === true) return { url: address.root, version: address.version ?? 'v1' };
  throw usageError(
    'The address of the server must be an https URL without user, query or fragment.',
    hint,
  );
}

function credentialOf(
  { certificate, tokenFile }: ContextAddOptions,
  absolute: (path: string) => string,
): CredentialEntry {
  if ((certificate === undefined) === (tokenFile === undefined)) {
    throw usageError('Give one credential: --certificate FILE or --token-file FILE.');
  }
  return certificate === undefined
    ? { mode: 'token', path: absolute(tokenFile ?? '') }
    : { mode: 'x509', path: absolute(certificate) };
}

/** A file that is not there yet may come later, so it is no error now. */
async function warnIfUnusable(io: Io, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!isSkahaError(error)) throw error;
    note(io, `Warning: ${error.message}`);
  }
}

export const runContextAdd: Run<typeof def.contextAddCommand> = async (io, deps, options) => {
  const { name, use } = options;
  const source = configurationSource(io, deps);
  const absolute = (path: string) => expandPath(path, io.env);
  const credential = credentialOf(options, absolute);
  const ca = options.ca === undefined ? {} : { ca: absolute(options.ca) };
  const server = { ...serverAddress(options.url), ...ca };
  const present = (await listContexts(source)).find((context) => context.name === name);
  if (present !== undefined) {
    const where = present.url ?? present.server;
    const question = `Replace the context '${name}' (${where})?`;
    if (!(await confirm(io, question, 'Nothing was changed.'))) return;
  }
  const activate = use ? 'always' : 'if-none';
  const added = await addContext({ name, server, credential, activate }, source);
  if (ca.ca !== undefined) await warnIfUnusable(io, readAuthorities(ca.ca));
  if (credential.mode === 'x509') {
    await warnIfUnusable(io, certificateReader(credential.path, deps.clock)());
  } else if (added.path !== undefined) await warnIfUnusable(io, tokenReader(added.path)());
  const how = added.active ? 'It is the active one.' : `Use it with 'skaha context use ${name}'.`;
  note(io, `Context '${name}' was ${present === undefined ? 'added' : 'replaced'}. ${how}`);
};

export const runContextRm: Run<typeof def.contextRmCommand> = async (io, deps, { name }) => {
  const { active } = await removeContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' was removed.${active ? ' No context is active now.' : ''}`);
};
