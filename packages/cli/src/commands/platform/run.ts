import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { entry } from '@skaha/base/names.js';
import { confirm } from '@skaha/terminal/confirm.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { documentOf } from '@skaha/terminal/output/field.js';
import { type ListView, renderList } from '@skaha/terminal/output/list.js';
import { render } from '@skaha/terminal/output/render.js';
import { type Column, column, fields } from '@skaha/terminal/output/table.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import { onlyOne, usageError } from '@skaha/terminal/usage.js';
import { SkahaError } from 'skaha';
import { listContexts, loadConfiguration, removeContext } from 'skaha/config';
import type { Run } from '../../command.js';
import {
  type CommandSource,
  changeConfiguration,
  configurationSource,
} from '../../configuration/configuration.js';
import type * as def from './definitions.js';
import { platformFields } from './definitions.js';
import {
  type Chosen,
  choosePlatform,
  dataDirectory,
  type Fault,
  loadPlatform,
  type PlatformDescription,
  type PlatformModule,
  type RunningPlatform,
  selectedDirectory,
} from './module.js';

/** A platform for programs; the names of its fields are a promise. */
export const platformDocument = (platform: PlatformDescription, context: string | null) => ({
  ...documentOf(platformFields, platform),
  context,
});

/** Says what keeps sessions apart, so that nobody trusts in more than there is. */
function noteRunner(io: Io, { runner, store, notices = [] }: PlatformDescription): void {
  for (const notice of notices) note(io, notice);
  if (store?.trouble !== undefined)
    note(io, `Running sessions continue, but new ones are refused: ${store.trouble}.`);
  if (runner === undefined) return;
  const { notice, lacks, trouble } = runner;
  if (notice !== undefined) note(io, notice);
  if (trouble !== undefined) note(io, `Sessions are shown in their last known state: ${trouble}.`);
  if (lacks.length > 0)
    note(io, `What the ${runner.name} runner cannot enforce: ${lacks.join('; ')}.`);
}

/** What runs on a platform and what that takes, for programs; in cores and bytes. */
function amounts(platform: RunningPlatform) {
  const { sessions, kinds, queued, capacity, requested, used, memory, disk } = platform;
  return { sessions, kinds, queued, capacity, requested, used, memory, disk: disk ?? null };
}

const rounded = (amount: number): number => +amount.toFixed(1);
const size = (bytes: number): string =>
  bytes < 2 ** 30 ? `${rounded(bytes / 2 ** 20)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`;

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, amount]) => amount > 0)
    .map(([status, amount]) => `${amount} ${status.toLowerCase()}`)
    .join(', ');

/** The same for people. */
function amountFields(platform: RunningPlatform): [string, string | undefined][] {
  const described: Partial<RunningPlatform> = platform;
  // One that was started before an update of the package says less.
  if (described.capacity === undefined || described.kinds === undefined)
    return [['Sessions', counted(platform.sessions) || 'none']];
  const { sessions, kinds, queued, capacity, requested, used, memory, disk } = platform;
  const names = Object.keys(kinds);
  const byKind: [string, string][] =
    names.length < 2 ? [] : names.map((name) => [`  ${name}`, counted(kinds[name] ?? {})]);
  return [
    ['Sessions', counted(sessions) || 'none'],
    ...byKind,
    ['Queue', queued === 0 ? undefined : `${queued} waiting for room`],
    [
      'Cores',
      `${rounded(requested.cores)} of ${rounded(capacity.cores)} requested, ${rounded(used.cores)} used`,
    ],
    [
      'Memory',
      `${size(requested.memory)} of ${size(capacity.memory)} requested, ${size(used.memory)} used`,
    ],
    [
      'Disk',
      disk === undefined
        ? undefined
        : `${disk.complete ? '' : 'over '}${size(disk.used)} in its data, ${size(disk.free)} free`,
    ],
    ['Own memory', size(memory)],
  ];
}

/** Those that run, where none of them is meant more than the others. */
async function listRunning(
  io: Io,
  { running, isPointed }: Chosen,
  source: CommandSource,
): Promise<void> {
  if (running.length === 0) {
    throw new SkahaError('platform.not_running', 'No platform is running.', {
      hint: "Start it with 'skaha platform start --detach'.",
    });
  }
  note(
    io,
    isPointed
      ? 'The platform of the active context is not running. These platforms are:'
      : 'The active context is not one of the running platforms:',
  );
  const named = new Map<RunningPlatform, string | null>();
  for (const platform of running) named.set(platform, await contextOf(platform, source));
  const list: ListView<RunningPlatform> = {
    rows: running,
    document: (platform) => platformDocument(platform, named.get(platform) ?? null),
    columns: [
      column('CONTEXT', (platform) => named.get(platform) ?? '-'),
      column('URL', ({ url }) => url),
      column('PROCESS', ({ pid }) => String(pid), { dropFirst: 1 }),
      column('DATA', ({ data }) => data),
    ],
  };
  await renderList(io, list, '');
}

/** The context that points at the platform, whatever its name. */
async function contextOf(platform: RunningPlatform, source: CommandSource) {
  const contexts = await listContexts(source);
  return contexts.find(({ url }) => url === platform.url)?.name ?? null;
}

export const runPlatformStatus: Run<typeof def.platformStatusCommand> = async (
  io,
  deps,
  options,
) => {
  const chosen = await choosePlatform(io, deps, await loadPlatform(), options.data);
  const { platform } = chosen;
  if (platform === undefined) return listRunning(io, chosen, configurationSource(io, deps));
  const context = await contextOf(platform, configurationSource(io, deps));
  const started = new Date(platform.startedAt);
  await render(io, {
    data: {
      ...platformDocument(platform, context),
      startedAt: utc(started),
      uptimeSeconds: Math.max(0, Math.round((deps.now() - started.getTime()) / 1000)),
      ...amounts(platform),
    },
    // The token stays in its file, because screens are shared.
    table: () =>
      fields(io, [
        ['URL', platform.url],
        ['Context', context ?? undefined],
        ['Started', `${utc(started)} (${relative(started, deps.now())})`],
        ...amountFields(platform),
        ['User', platform.user],
        ['Home', platform.home],
        ['Token', platform.tokenFile],
        ['Password', platform.passwordFile],
        ['Certificate', platform.certificate],
        ['CA', platform.ca],
        ['Data', platform.data],
        ['Runner', platform.runner?.name],
        ['Store', platform.store?.name],
        ['Process', String(platform.pid)],
      ]),
  });
  noteRunner(io, platform);
};

/** What to say where it is open which of the platforms that run is to be stopped. */
const stopHint = (running: readonly RunningPlatform[]): string =>
  running.map(({ data }) => `'skaha platform stop --data ${data}'`).join(' or ');

/** Stops the platform; that none is running is what was wanted, and no error. */
export const runPlatformStop: Run<typeof def.platformStopCommand> = async (io, deps, options) => {
  const module = await loadPlatform();
  const { platform, running, isPointed } = await choosePlatform(io, deps, module, options.data);
  if (running.length > 0) {
    if (!isPointed)
      throw usageError('More than one platform is running.', `Specify one: ${stopHint(running)}`);
    note(io, `The platform of the active context is not running. Others are: ${stopHint(running)}`);
    return;
  }
  // One that does not answer is found by its folder alone.
  const data = platform?.data ?? (await selectedDirectory(io, deps, options.data));
  const stopped = await module.stopPlatform({
    data,
    sessions: options.leaveSessions ? 'leave' : 'end',
    signal: io.signal,
  });
  note(io, stopped ? 'The platform was stopped.' : 'No platform is running.');
};

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new SkahaError('platform.storage', `The configuration ${path} cannot be read.`, {
      cause,
      hint: 'Check its permissions.',
    });
  }
}

export const runPlatformConfig: Run<typeof def.platformConfigCommand> = async (
  io,
  _deps,
  options,
) => {
  onlyOne({ '--path': options.path, '--check': options.check }, 'Use one of them.');
  const { prepareConfig, checkConfig } = await loadPlatform();
  const path = prepareConfig(dataDirectory(io, options.data));
  if (options.path) {
    io.out(`${path}\n`);
    return;
  }
  const text = await textOf(path);
  if (options.check) {
    for (const words of checkConfig(text, path)) note(io, words);
    note(io, `${path} is valid.`);
    return;
  }
  io.out(text);
};

/** A list of faults, with one more thing to know about each. */
const faultList = <Row extends { fault: string } & Readonly<Record<string, unknown>>>(
  rows: readonly Row[],
  more: Column<Row>,
): ListView<Row> => ({
  rows,
  document: (row) => row,
  columns: [column('FAULT', ({ fault }) => fault), more],
  name: ({ fault }) => fault,
});

function listAvailable(io: Io, { faultForms }: PlatformModule): Promise<void> {
  const rows = Object.entries(faultForms).map(([fault, { what }]) => ({ fault, what }));
  const textOf = ({ what }: { what: string }) => what.replaceAll('`', '');
  const list = faultList(rows, column('WHAT HAPPENS', textOf, { shrinkTo: 20 }));
  return renderList(io, list, 'There are no faults.');
}

function listActive(io: Io, faults: readonly Fault[]): Promise<void> {
  const rows = faults.map(({ kind, ...settings }) => ({ fault: kind, settings }));
  const textOf = ({ settings }: { settings: object }) =>
    Object.entries(settings)
      .map(([key, value]) => `${key}=${value}`)
      .join(' ');
  const list = faultList(rows, column('SETTINGS', textOf, { shrinkTo: 10 }));
  const empty = "No faults are active. List those available with 'skaha platform fault available'.";
  return renderList(io, list, empty);
}

export const runPlatformFault: Run<typeof def.platformFaultCommand> = async (io, deps, options) => {
  const { action = 'ls', words } = options;
  if (action === 'set' && words.length === 0) {
    throw usageError('Specify a fault.', "List them with 'skaha platform fault available'.");
  }
  if ((action === 'ls' || action === 'available') && words.length > 0) {
    throw usageError(`'${action}' takes no more arguments.`, "See 'skaha platform fault --help'.");
  }
  const module = await loadPlatform();
  if (action === 'available') return listAvailable(io, module);
  const data = await selectedDirectory(io, deps, options.data);
  const call = { data, signal: io.signal };
  if (action === 'set') {
    await module.setFault(words.join(','), call);
    note(io, `The fault '${words[0]}' is active.`);
  } else if (action === 'clear') {
    for (const word of words) await module.clearFaults(word, call);
    if (words.length === 0) await module.clearFaults(undefined, call);
    note(io, words.length === 0 ? 'No faults are active.' : `Cleared: ${words.join(', ')}.`);
  } else {
    await listActive(io, await module.listFaults(call));
  }
};

/** What trusts an authority of the data directory, or keeps its credential there, cannot work any more. */
async function forgetContexts(io: Io, data: string, source: CommandSource): Promise<void> {
  const { configuration } = await loadConfiguration(source);
  const inside = (path: unknown) => typeof path === 'string' && path.startsWith(`${data}${sep}`);
  for (const { name, path, server } of await listContexts(source)) {
    if (!inside(path) && !inside(entry(configuration.servers, server)?.ca)) continue;
    await removeContext(name, source);
    note(io, `Context '${name}' was removed.`);
  }
  const gone = Object.entries(configuration.providers ?? {}).filter(([, { ca }]) => inside(ca));
  if (gone.length === 0) return;
  await changeConfiguration(source, (draft) => {
    for (const [key] of gone) delete draft.providers?.[key];
  });
}

export const runPlatformReset: Run<typeof def.platformResetCommand> = async (io, deps, options) => {
  const module = await loadPlatform();
  const given = dataDirectory(io, options.data);
  const data = dirname(module.platformLogFile(given));
  const source = configurationSource(io, deps);
  if (!existsSync(data)) {
    note(io, `There is nothing in ${data}.`);
    return;
  }
  if ((await module.describePlatform(given)) !== undefined) {
    throw new SkahaError('platform.already_running', 'The platform is still running.', {
      hint: "Stop it first: 'skaha platform stop'",
    });
  }
  const database = module.keptDatabase?.(given);
  const what = database === undefined ? 'sessions, logs' : 'logs';
  const question = `Remove ${data} with all ${what} and files in the home directories?`;
  if (database !== undefined) note(io, `Its sessions are in ${database.name}, and stay there.`);
  if (!(await confirm(io, question, 'Nothing was removed.'))) return;
  await module.resetPlatform(given);
  await forgetContexts(io, data, source);
  note(io, `${data} was removed.`);
  if (database === undefined) return;
  const { name, address } = database;
  note(
    io,
    `The sessions in ${name} were kept. To continue with them: 'skaha platform start --store ${address}'. Remove them for good: 'psql "${address}" --command "DROP SCHEMA skaha CASCADE"'`,
  );
};
