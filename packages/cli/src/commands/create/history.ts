import { linkSignals } from '@skaha/base/signals.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { type Column, column, numberColumn } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { age, shortDuration } from '@skaha/terminal/output/time.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isFinished, type SessionInfo, SkahaError } from 'skaha';
import {
  type EndRecord,
  type LaunchRecord,
  type SessionOutcome,
  sessionOutcomes,
  unknownOutcome,
} from 'skaha/history';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../environment/deps.js';
import { endingsOf } from '../session/endings.js';
import { withoutRegistry } from '../session/view.js';
import type { CreateCommandOptions, historyCommand, relaunchCommand } from './definitions.js';
import { mergeOptions, noOptions, readLaunch } from './file.js';
import { planLaunch } from './plan.js';
import { runLaunches } from './run.js';

/** A list that does not come is not waited for: what is written down is there at once. */
const listTimeoutMs = 5_000;

/** Those of some sessions that the platform still lists; none where it cannot be asked. */
async function listSessions(
  io: Io,
  deps: Deps,
  wanted: readonly { id: string; server: string }[],
): Promise<readonly SessionInfo[]> {
  const { signal, release } = linkSignals(io.signal, AbortSignal.timeout(listTimeoutMs));
  try {
    const client = await deps.client();
    const { root } = await client.connection();
    const ids = new Set(wanted.flatMap(({ id, server }) => (server === root ? [id] : [])));
    if (ids.size === 0) return [];
    const sessions = (await client.sessions.fetch({ signal })).filter(({ id }) => ids.has(id));
    await endingsOf(deps, sessions, { signal });
    return sessions;
  } catch (error) {
    if (io.signal.aborted) throw error;
    return [];
  } finally {
    release();
  }
}

/** What became of the sessions of launches, as far as is recorded here or the platform still says. */
async function outcomesOf(
  io: Io,
  deps: Deps,
  records: readonly LaunchRecord[],
): Promise<ReadonlyMap<string, SessionOutcome>> {
  const log = await deps.launches();
  const known = await log.ends().catch(() => new Map<string, EndRecord>());
  const open = records.flatMap(({ server, sessions }) =>
    sessions.flatMap(({ id }) => (known.has(id) ? [] : [{ id, server }])),
  );
  const listed = open.length === 0 ? [] : await listSessions(io, deps, open);
  // Those that have ended meanwhile were written down when they were listed.
  const hasNews = listed.some(({ status }) => isFinished(status));
  const ends = hasNews ? await log.ends().catch(() => known) : known;
  return sessionOutcomes(ends, listed);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a launch runs in one line; a script that was packed up is not shown as it travels. */
function commandText({ command: words }: LaunchRecord['specification']): string | null {
  if (!Array.isArray(words) || words.length === 0) return null;
  const [program, option, packed] = words.map(String);
  const isScript = program === 'sh' && option === '-c' && packed?.startsWith('echo\t');
  return isScript ? '(a script)' : words.join(' ');
}

/** The name of the first session, without the number of a replica. */
function nameOf({ specification, sessions, total }: LaunchRecord): string {
  const name = sessions[0]?.name ?? '';
  return text(specification['name']) || (total > 1 ? name.replace(/-\d+$/, '') : name);
}

/**
 * A launch for programs.
 *
 * @param number - from 1, the newest
 */
const launchDocument = (
  record: LaunchRecord,
  number: number,
  outcomes: ReadonlyMap<string, SessionOutcome>,
) => ({
  number,
  time: record.time,
  server: record.server,
  kind: text(record.specification['kind']),
  name: nameOf(record),
  image: text(record.specification['image']),
  command: commandText(record.specification),
  sessions: record.sessions.map((session) => ({
    ...session,
    ...(outcomes.get(session.id) ?? unknownOutcome),
  })),
  total: record.total,
  withheld: record.withheld,
  specification: record.specification,
});

type LaunchDocument = ReturnType<typeof launchDocument>;

/** What became of the sessions of a launch: `Failed (3)`, or `7 Completed, 1 Failed` of many. */
function statusText({ sessions, total }: LaunchDocument): string {
  const [first] = sessions;
  if (total === 1 && first !== undefined) {
    const { status, exitStatus } = first;
    return `${status ?? '-'}${exitStatus === null || exitStatus === 0 ? '' : ` (${exitStatus})`}`;
  }
  const sums = new Map<string, number>();
  for (const { status } of sessions)
    if (status !== null) sums.set(status, (sums.get(status) ?? 0) + 1);
  return [...sums].map(([status, sum]) => `${sum} ${status}`).join(', ') || '-';
}

const time = (value: string | null): number => Date.parse(value ?? '');

/** When the last session of a launch ended; NaN if not all have. */
const endOf = ({ sessions }: LaunchDocument): number =>
  sessions.length === 0 ? Number.NaN : Math.max(...sessions.map(({ endTime }) => time(endTime)));

function endedText(launch: LaunchDocument, now: number): string {
  const end = endOf(launch);
  return Number.isNaN(end) ? '-' : `${age(new Date(end), now)} ago`;
}

/** From the start of its first session to the end of its last one. */
function tookText(launch: LaunchDocument): string {
  const start = Math.min(...launch.sessions.map(({ startTime }) => time(startTime)));
  const took = endOf(launch) - start;
  return Number.isNaN(took) ? '-' : shortDuration(took);
}

const reasonText = ({ sessions }: LaunchDocument): string =>
  sessions.find(({ reason }) => reason !== null)?.reason ?? '-';

const columns = (now: number): Column<LaunchDocument>[] => [
  numberColumn('NUMBER', ({ number }) => number),
  column('LAUNCHED', ({ time }) => `${age(new Date(time), now)} ago`),
  column('KIND', ({ kind }) => kind, { dropFirst: 2 }),
  column('NAME', ({ name }) => name, { shrinkTo: 8, cut: 'middle' }),
  numberColumn('SESSIONS', ({ total }) => total, { dropFirst: 4 }),
  column('STATUS', statusText),
  column('ENDED', (launch) => endedText(launch, now), { dropFirst: 3 }),
  column('TOOK', tookText, { dropFirst: 1 }),
  column('IMAGE', ({ image }) => withoutRegistry(image) ?? '-', { shrinkTo: 14, cut: 'start' }),
  column('COMMAND', ({ command }) => command ?? '-', { shrinkTo: 8 }),
  column('REASON', reasonText, { shrinkTo: 20, dropFirst: 5 }),
];

export const runHistory: Run<typeof historyCommand> = async (io, deps) => {
  const records = await (await deps.launches()).read();
  const outcomes = await outcomesOf(io, deps, records);
  const launches = records
    .reverse()
    .map((record, index) => launchDocument(record, index + 1, outcomes));
  await renderList(
    io,
    {
      rows: launches,
      document: (launch) => launch,
      columns: columns(deps.now()),
      name: ({ sessions }) => sessions[0]?.id ?? '',
    },
    "Nothing was launched from here yet. Launch something with 'skaha create'.",
  );
};

type RelaunchOptions = OptionsOf<typeof relaunchCommand>;

/**
 * @param records - newest first
 * @param word - a number from 1, or the id or name of a session
 * @throws {SkahaError} session.not_found
 */
function findLaunch(records: readonly LaunchRecord[], word: string): LaunchRecord {
  const found = /^\d{1,3}$/.test(word)
    ? records[Number(word) - 1]
    : records.find(
        ({ sessions, specification }) =>
          specification['name'] === word ||
          sessions.some(({ id, name }) => id === word || name === word),
      );
  if (found !== undefined) return found;
  const names = records.flatMap(({ sessions }) => sessions.map(({ name }) => name));
  throw new SkahaError(
    'session.not_found',
    records.length === 0
      ? 'Nothing was launched from here yet.'
      : `There is no launch '${plain(word)}'.`,
    { id: word, hint: didYouMean(word, names, "See earlier launches with 'skaha history'.") },
  );
}

/** @throws {SkahaError} command.usage for a launch of which the record does not hold everything */
function checkComplete({ withheld, isShortened }: LaunchRecord, env: readonly string[]): void {
  if (isShortened === true)
    throw usageError(
      'It had too many rows to be saved.',
      'Launch it again with its file of parameters.',
    );
  const given = new Set(env.map((item) => item.split('=', 1)[0]));
  const missing = withheld.filter((name) => !given.has(name));
  if (missing.length === 0) return;
  throw usageError(
    `The value of ${missing.join(', ')} was not saved, because it may be secret.`,
    `Give it again: ${missing.map((name) => `-e ${name}=VALUE`).join(' ')}`,
  );
}

function describe(record: LaunchRecord, { name, image }: RelaunchOptions): string {
  const { time, total, specification } = record;
  const command = commandText(specification);
  const what = `${text(specification['kind'])} ${plain(image ?? text(specification['image']))}`;
  const alias = name === undefined ? '' : ` as ${plain(name)}`;
  const amount = total > 1 ? `, ${count(total, 'session')}` : '';
  const run = command === null ? '' : `: ${plain(command)}`;
  return `Launching again what was launched at ${time}: ${what}${alias}${amount}${run}`;
}

/** The options of the first launch, and over them those that were given now. */
function optionsOf(
  { specification, rows }: LaunchRecord,
  { launch: _launch, ...given }: RelaunchOptions,
): CreateCommandOptions {
  const document = readLaunch(specification, 'The record of the launch');
  return { ...mergeOptions({ ...noOptions, command: [], ...given }, document), rows };
}

export const runRelaunch: Run<typeof relaunchCommand> = async (io, deps, options) => {
  const records = await (await deps.launches()).read();
  const record = findLaunch(records.reverse(), options.launch ?? '1');
  checkComplete(record, options.env);
  note(io, describe(record, options));
  const { root } = await (await deps.client()).connection();
  const { server } = record;
  if (root !== server) note(io, `The original ran on ${server}; this one goes to ${root}.`);
  const chosen = optionsOf(record, options);
  await runLaunches(io, deps, [await planLaunch(io, deps, chosen)], chosen);
};
