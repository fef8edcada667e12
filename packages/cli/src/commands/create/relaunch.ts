import { defined } from '@skaha/base/record.js';
import { linkSignals } from '@skaha/base/signals.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { didYouMean } from '@skaha/terminal/nearest.js';
import { renderList } from '@skaha/terminal/output/list.js';
import { type Column, column } from '@skaha/terminal/output/table.js';
import { count, plain } from '@skaha/terminal/output/text.js';
import { age, span, utc } from '@skaha/terminal/output/time.js';
import { usageError } from '@skaha/terminal/usage.js';
import { isFinished, type SessionInfo, SkahaError } from 'skaha';
import type { OptionsOf, Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { endingsOf } from '../session/endings.js';
import { withoutRegistry } from '../session/view.js';
import type { historyCommand, relaunchCommand } from './definitions.js';
import { readDocument } from './file.js';
import type { EndRecord, LaunchRecord } from './history.js';
import type { CreateCommandOptions } from './options.js';
import { prepareLaunch } from './plan.js';
import { runPrepared } from './run.js';

/** What became of a session, as far as this machine knows; null where it does not. */
export interface SessionOutcome {
  status: string | null;
  startTime: string | null;
  endTime: string | null;
  durationSeconds: number | null;
  exitStatus: number | null;
  reason: string | null;
}

/** Of what nobody has seen the end, and the platform has forgotten. */
export const unknownOutcome: SessionOutcome = {
  ...{ status: null, startTime: null, endTime: null, durationSeconds: null },
  ...{ exitStatus: null, reason: null },
};

/** A list that does not come is not waited for: what is written down is there at once. */
const patienceMs = 5_000;

function outcomeOf({ id: _, ...end }: EndRecord): SessionOutcome {
  const { startTime, endTime } = end;
  const isWhole = startTime !== null && endTime !== null;
  const taken = isWhole ? (Date.parse(endTime) - Date.parse(startTime)) / 1000 : undefined;
  return { ...end, durationSeconds: taken === undefined ? null : Math.max(0, Math.round(taken)) };
}

const going = ({ status, startTime }: SessionInfo): SessionOutcome => ({
  ...unknownOutcome,
  status,
  startTime: startTime === undefined ? null : utc(startTime),
});

/** Those of some sessions that the platform still lists; none where it cannot be asked. */
async function listed(
  io: Io,
  deps: Deps,
  records: readonly LaunchRecord[],
  isOpen: (id: string) => boolean,
): Promise<readonly SessionInfo[]> {
  const patience = AbortSignal.timeout(patienceMs);
  const { signal, release } = linkSignals(io.signal, patience);
  try {
    const client = await deps.client();
    const { root } = await client.connection();
    const here = records.filter(({ server }) => server === root);
    const open = new Set(
      here.flatMap(({ sessions }) => sessions.map(({ id }) => id)).filter(isOpen),
    );
    if (open.size === 0) return [];
    const sessions = (await client.sessions.fetch({ signal })).filter(({ id }) => open.has(id));
    await endingsOf(deps, client, sessions, { signal });
    return sessions;
  } catch (error) {
    if (io.signal.aborted) throw error;
    return [];
  } finally {
    release();
  }
}

/**
 * Tells what became of the sessions of launches: what was written down when it was seen, and of the
 * others what the platform that is meant still says.
 */
export async function outcomesOf(
  io: Io,
  deps: Deps,
  records: readonly LaunchRecord[],
): Promise<ReadonlyMap<string, SessionOutcome>> {
  const log = await deps.launches();
  const known = await log.ends().catch(() => new Map<string, EndRecord>());
  const ids = records.flatMap(({ sessions }) => sessions.map(({ id }) => id));
  const isOpen = (id: string) => !known.has(id);
  const seen = ids.some(isOpen) ? await listed(io, deps, records, isOpen) : [];
  const news = seen.some(({ status }) => isFinished(status))
    ? await log.ends().catch(() => known)
    : known;
  const outcomes = new Map<string, SessionOutcome>();
  for (const session of seen) outcomes.set(session.id, going(session));
  for (const id of ids) {
    const end = news.get(id);
    if (end !== undefined) outcomes.set(id, outcomeOf(end));
  }
  return outcomes;
}

export interface LaunchDocument {
  /** From 1, the newest. */
  number: number;
  time: string;
  server: string;
  kind: string;
  /** Of its first session, without the number of a replica. */
  name: string;
  image: string;
  command: string | null;
  sessions: readonly LaunchedSession[];
  total: number;
  withheld: readonly string[];
  specification: Readonly<Record<string, unknown>>;
}

/** A session of a launch, and what became of it. */
interface LaunchedSession extends SessionOutcome {
  id: string;
  name: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What a launch runs in one line; a script that was packed up is not shown as it travels. */
export function commandText(specification: Readonly<Record<string, unknown>>): string | null {
  const words = specification['command'];
  if (!Array.isArray(words) || words.length === 0) return null;
  const [program, option, packed] = words.map(String);
  const isScript = program === 'sh' && option === '-c' && packed?.startsWith('echo\t');
  return isScript ? '(a script)' : words.join(' ');
}

function nameOf({ specification, sessions, total }: LaunchRecord): string {
  const name = sessions[0]?.name ?? '';
  return text(specification['name']) || (total > 1 ? name.replace(/-\d+$/, '') : name);
}

/**
 * Numbers launches from the newest.
 *
 * @param records - oldest first
 */
export const launchDocuments = (
  records: readonly LaunchRecord[],
  outcomes: ReadonlyMap<string, SessionOutcome> = new Map(),
): LaunchDocument[] =>
  [...records].reverse().map((record, index) => ({
    number: index + 1,
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
  }));

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

const time = (value: string | null): number => (value === null ? Number.NaN : Date.parse(value));

/** When the last session of a launch ended, and how long that was after the first one started. */
function endOf({ sessions }: LaunchDocument): { at: Date; took: number } | undefined {
  const at = Math.max(...sessions.map(({ endTime }) => time(endTime)));
  const took = at - Math.min(...sessions.map(({ startTime }) => time(startTime)));
  return Number.isNaN(at) || sessions.length === 0 ? undefined : { at: new Date(at), took };
}

export const launchColumns = (now: number): Column<LaunchDocument>[] => [
  column('NUMBER', ({ number }) => String(number), { align: 'right' }),
  column('LAUNCHED', ({ time }) => `${age(new Date(time), now)} ago`),
  column('KIND', ({ kind }) => kind, { dropFirst: 2 }),
  column('NAME', ({ name }) => name, { shrinkTo: 8, cut: 'middle' }),
  column('SESSIONS', ({ total }) => String(total), { align: 'right', dropFirst: 4 }),
  column('STATUS', statusText),
  column(
    'ENDED',
    (launch) => {
      const end = endOf(launch);
      return end === undefined ? '-' : `${age(end.at, now)} ago`;
    },
    { dropFirst: 3 },
  ),
  column(
    'TOOK',
    (launch) => {
      const took = endOf(launch)?.took ?? Number.NaN;
      return Number.isNaN(took) ? '-' : span(took);
    },
    { dropFirst: 1 },
  ),
  column('IMAGE', ({ image }) => withoutRegistry(image) ?? '-', { shrinkTo: 14, cut: 'start' }),
  column('COMMAND', ({ command }) => command ?? '-', { shrinkTo: 8 }),
  column(
    'REASON',
    ({ sessions }) => sessions.find(({ reason }) => reason !== null)?.reason ?? '-',
    { shrinkTo: 20, dropFirst: 5 },
  ),
];

export const runHistory: Run<typeof historyCommand> = async (io, deps) => {
  const records = await (await deps.launches()).read();
  const launches = launchDocuments(records, await outcomesOf(io, deps, records));
  await renderList(
    io,
    {
      rows: launches,
      document: (launch) => ({ ...launch }),
      columns: launchColumns(deps.now()),
      name: ({ sessions }) => sessions[0]?.id ?? '',
    },
    "Nothing was launched from here yet. Launch something with 'skaha create'.",
  );
};

function find(records: readonly LaunchRecord[], word: string): LaunchRecord {
  const newest = [...records].reverse();
  const found = /^\d{1,3}$/.test(word)
    ? newest[Number(word) - 1]
    : newest.find(
        ({ sessions, specification }) =>
          specification['name'] === word ||
          sessions.some(({ id, name }) => id === word || name === word),
      );
  if (found !== undefined) return found;
  const names = newest.flatMap(({ sessions }) => sessions.map(({ name }) => name));
  throw new SkahaError(
    'session.not_found',
    records.length === 0
      ? 'Nothing was launched from here yet.'
      : `There is no launch '${plain(word)}'.`,
    { id: word, hint: didYouMean(word, names, "See earlier launches with 'skaha history'.") },
  );
}

/** What cannot be launched as it was, because the record does not hold all of it. */
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

type RelaunchOptions = OptionsOf<typeof relaunchCommand>;

function describe(launch: LaunchDocument, { name, image }: RelaunchOptions): string {
  const { kind, total, command } = launch;
  const what = `${kind} ${plain(image ?? launch.image)}`;
  const amount = total > 1 ? `, ${count(total, 'session')}` : '';
  const run = command === null ? '' : `: ${plain(command)}`;
  return `Launching again what was launched at ${launch.time}: ${what}${name === undefined ? '' : ` as ${plain(name)}`}${amount}${run}`;
}

/** The options of the first launch, and over them those that were given now. */
function optionsOf(record: LaunchRecord, given: RelaunchOptions): CreateCommandOptions {
  const read = readDocument(record.specification, 'The record of the launch');
  const { launch: _launch, name, image, env, ...after } = given;
  const earlier = Array.isArray(read['env']) ? read['env'].map(String) : [];
  // The values come from the same declarations as those of the command line.
  const options = {
    ...{ command: [], envFile: [], flex: false, fixed: false, atomic: false },
    ...{ registrySecretStdin: false, upload: [], download: [], noWait: false },
    ...read,
    ...after,
    env: [...earlier, ...env],
    ...defined({ name, image }),
    rows: record.rows,
  };
  return options as CreateCommandOptions;
}

function tellServer(io: Io, root: string, { server }: LaunchRecord): void {
  if (root !== server) note(io, `The original ran on ${server}; this one goes to ${root}.`);
}

export const runRelaunch: Run<typeof relaunchCommand> = async (io, deps, options) => {
  const records = await (await deps.launches()).read();
  const record = find(records, options.launch ?? '1');
  checkComplete(record, options.env);
  const [launch] = launchDocuments([record]);
  if (launch !== undefined) note(io, describe(launch, options));
  const client = await deps.client();
  tellServer(io, (await client.connection()).root, record);
  const chosen = optionsOf(record, options);
  await runPrepared(io, deps, [await prepareLaunch(io, deps, chosen)], chosen);
};
