/**
 * What was launched from this machine, and how it ended: what `skaha history` prints, and `skaha
 * relaunch` launches again. For Node.js.
 *
 * @packageDocumentation
 */
import { appendFile, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseRecord } from '@skaha/base/json.js';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { defined, isRecord } from '@skaha/base/record.js';
import { isSecretName } from '@skaha/base/redact.js';
import { systemCode } from '@skaha/base/system-code.js';
import type { BatchOptions, BatchSpec, StagedPair } from './batch/index.js';
import { type Environment, stateDirectory } from './config/paths.js';
import type { SessionInfo } from './models/session.js';

/** A launch of one or more sessions, as it is recorded. */
export interface LaunchRecord {
  /** When it was launched, as RFC 3339. */
  time: string;
  /** Root of the server. */
  server: string;
  /**
   * What was launched, with the long names of the options of `skaha create` as keys: what a file
   * for `skaha create -f` contains.
   */
  specification: Readonly<Record<string, unknown>>;
  /** The parameters of each session, if it was launched with rows. */
  rows?: readonly Readonly<Record<string, string>>[] | undefined;
  /** True if there were too many rows to be recorded. */
  isShortened?: boolean | undefined;
  /** Variables whose values were not recorded because they may be secret. */
  withheld: readonly string[];
  /** The first sessions; `total` is their number. */
  sessions: readonly { id: string; name: string }[];
  total: number;
}

/** How a session ended, as it is recorded; null where that is not known. */
export interface EndRecord {
  id: string;
  /** `Completed`, `Failed` or `Deleted`. */
  status: string;
  /** As RFC 3339. */
  startTime: string | null;
  /** As RFC 3339. */
  endTime: string | null;
  exitStatus: number | null;
  reason: string | null;
}

/** The launches of this machine, and the ends of sessions that were seen from it. */
export interface LaunchLog {
  /** Returns the launches, oldest first. */
  read(): Promise<LaunchRecord[]>;
  /** Adds a launch; see {@link launchRecord}. */
  add(record: LaunchRecord): Promise<void>;
  /** Returns the ends by session id; of two ends of one session the first. */
  ends(): Promise<Map<string, EndRecord>>;
  /** Adds ends of sessions. */
  addEnds(ends: readonly EndRecord[]): Promise<void>;
}

const mostLaunches = 100;
/** A launch may have many sessions. */
const mostEnds = 2000;
const longestLine = 256 * 1024;

/**
 * Where launches are recorded: `$XDG_STATE_HOME/skaha/launches.jsonl`, otherwise
 * `~/.local/state/skaha/launches.jsonl`.
 *
 * @param environment - the variables; those of the process by default
 */
export const launchLogPath = (environment: Environment = process.env): string =>
  join(stateDirectory(environment), 'launches.jsonl');

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];

function readRows(value: unknown): Record<string, string>[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((row: unknown) =>
    Object.fromEntries(
      Object.entries(isRecord(row) ? row : {}).filter(
        (entry): entry is [string, string] => typeof entry[1] === 'string',
      ),
    ),
  );
}

/** A line of the log; undefined for one that was torn off or is of another version. */
function readLine(line: string): LaunchRecord | undefined {
  const value = parseRecord(line);
  if (value === undefined) return undefined;
  const { time, server, specification, total, sessions } = value;
  if (typeof time !== 'string' || typeof server !== 'string' || !isRecord(specification))
    return undefined;
  const launched = (Array.isArray(sessions) ? sessions : []).flatMap((one: unknown) =>
    isRecord(one) && typeof one['id'] === 'string' && typeof one['name'] === 'string'
      ? [{ id: one['id'], name: one['name'] }]
      : [],
  );
  return {
    time,
    server,
    specification,
    sessions: launched,
    rows: readRows(value['rows']),
    isShortened: value['isShortened'] === true,
    withheld: texts(value['withheld']),
    total: typeof total === 'number' ? total : launched.length,
  };
}

/** A line of the ends; undefined for one that was torn off. */
function readEnd(line: string): EndRecord | undefined {
  const { id, status, startTime, endTime, exitStatus, reason } = parseRecord(line) ?? {};
  if (typeof id !== 'string' || typeof status !== 'string') return undefined;
  const time = (text: unknown) =>
    typeof text === 'string' && !Number.isNaN(Date.parse(text)) ? text : null;
  return {
    id,
    status,
    startTime: time(startTime),
    endTime: time(endTime),
    exitStatus: typeof exitStatus === 'number' ? exitStatus : null,
    reason: typeof reason === 'string' ? reason : null,
  };
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Appended, so that of two programs at the same time neither loses its lines. */
async function append(path: string, added: readonly string[], most: number): Promise<void> {
  await makePrivateDirectory(dirname(path));
  await appendFile(path, added.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  const lines = await readLines(path);
  if (lines.length > 2 * most) await replaceFile(path, `${lines.slice(-most).join('\n')}\n`);
}

/**
 * Returns the history that the command `skaha history` prints. Its files can be read only by their
 * owner; it keeps the last hundred launches, and the ends of two thousand sessions, in `ends.jsonl`
 * next to them.
 *
 * @param path - of the file of launches
 * @example
 * ```ts
 * import { launchLog } from 'skaha/history';
 *
 * const log = launchLog();
 * const ends = await log.ends();
 * for (const { time, sessions } of await log.read())
 *   console.log(time, sessions.map(({ id, name }) => `${name}: ${ends.get(id)?.status}`));
 * ```
 */
export function launchLog(path: string = launchLogPath()): LaunchLog {
  const endsPath = join(dirname(path), 'ends.jsonl');
  return {
    read: async () => (await readLines(path)).flatMap((line) => readLine(line) ?? []),
    add: async (record) => {
      const whole = JSON.stringify(record);
      const line =
        whole.length <= longestLine
          ? whole
          : JSON.stringify({ ...record, rows: undefined, isShortened: true });
      // Too large even without rows: no specification that a person would launch again by hand.
      if (line.length <= longestLine) await append(path, [line], mostLaunches);
    },
    ends: async () => {
      const ends = (await readLines(endsPath)).flatMap((line) => readEnd(line) ?? []);
      return new Map(ends.reverse().map((end) => [end.id, end]));
    },
    addEnds: async (ends) => {
      const lines = ends.map((end) => JSON.stringify(end));
      await append(endsPath, lines, mostEnds);
    },
  };
}

/** What became of a session, as far as is known; null where it is not. */
export interface SessionOutcome extends Omit<EndRecord, 'id' | 'status'> {
  /** Its status on the platform, or how it ended. */
  status: string | null;
  /** From its start to its end. */
  durationSeconds: number | null;
}

/** The outcome of a session whose end nobody saw, and which the platform no longer lists. */
export const unknownOutcome: SessionOutcome = {
  status: null,
  startTime: null,
  endTime: null,
  durationSeconds: null,
  exitStatus: null,
  reason: null,
};

/**
 * Works out what became of sessions: what was recorded when they ended, and of the others what the
 * platform says now.
 *
 * @param ends - from {@link LaunchLog.ends}
 * @param listed - sessions as the platform lists them
 * @returns by session id
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { launchLog, sessionOutcomes } from 'skaha/history';
 *
 * await using skaha = new SkahaClient();
 * const outcomes = sessionOutcomes(await launchLog().ends(), await skaha.sessions.fetch());
 * for (const [id, { status, durationSeconds }] of outcomes) console.log(id, status, durationSeconds);
 * ```
 */
export function sessionOutcomes(
  ends: ReadonlyMap<string, EndRecord>,
  listed: readonly Pick<SessionInfo, 'id' | 'startTime' | 'status'>[],
): Map<string, SessionOutcome> {
  const outcomes = new Map<string, SessionOutcome>();
  for (const { id, status, startTime } of listed) {
    const start = startTime?.toISOString().replace(/\.\d{3}Z$/, 'Z') ?? null;
    outcomes.set(id, { ...unknownOutcome, status, startTime: start });
  }
  for (const [id, { id: _, ...end }] of ends)
    outcomes.set(id, { ...end, durationSeconds: secondsBetween(end.startTime, end.endTime) });
  return outcomes;
}

function secondsBetween(start: string | null, end: string | null): number | null {
  if (start === null || end === null) return null;
  return Math.max(0, Math.round((Date.parse(end) - Date.parse(start)) / 1000));
}

/** A launch to be recorded. */
export interface RecordedLaunch {
  /** What was launched; without a name if that was made up and is to be made up again. */
  spec: Omit<BatchSpec, 'name'> & { name?: string | undefined };
  /** How it was launched. @defaultValue none */
  options?: Pick<BatchOptions, 'atomic' | 'backoffMs' | 'maxActive' | 'retries' | 'retryOn'>;
  /** The files that went along. @defaultValue none */
  files?: { uploads: readonly StagedPair[]; downloads: readonly StagedPair[] } | undefined;
  sessions: readonly { id: string; name: string }[];
  /** Root of the server. */
  server: string;
  /** When it was launched, in milliseconds since the epoch. */
  at: number;
}

/** At most this many sessions of a launch are recorded. */
const mostSessions = 100;

/**
 * Makes the record of a launch. Values of variables whose names suggest a secret are left out.
 *
 * @param launch - what was launched, where and when
 * @example
 * ```ts
 * import { SkahaClient } from 'skaha';
 * import { launchLog, launchRecord } from 'skaha/history';
 *
 * await using skaha = new SkahaClient();
 * const spec = { name: 'fit', image: 'skaha/astroml:latest', cmd: './fit.sh' };
 * const { sessions } = await skaha.sessions.create(spec);
 * const { root: server } = await skaha.connection();
 * await launchLog().add(launchRecord({ spec, sessions, server, at: Date.now() }));
 * ```
 */
export function launchRecord(launch: RecordedLaunch): LaunchRecord {
  const { spec, sessions, server, at } = launch;
  const { env = {}, rows } = spec;
  const variables = new Set([env, ...(rows ?? [])].flatMap(Object.keys));
  return {
    time: new Date(at).toISOString(),
    server,
    specification: specificationOf(launch),
    rows: rows?.map(withoutSecrets),
    withheld: [...variables].filter((name) => isSecretName(name)),
    sessions: sessions.slice(0, mostSessions).map(({ id, name }) => ({ id, name })),
    total: sessions.length,
  };
}

const withoutSecrets = (variables: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => !isSecretName(name))
      .map(([name, value]) => [name, String(value)]),
  );

const wordOf = ({ from, to }: StagedPair): string => `${from}:${to}`;

function specificationOf({ spec, options = {}, files }: RecordedLaunch): Record<string, unknown> {
  const { kind = 'headless', image, name, cores, memoryGiB, gpus, cmd, args = [], env = {} } = spec;
  const { retries, retryOn, backoffMs, maxActive, atomic } = options;
  const variables = withoutSecrets(env);
  return defined({
    kind,
    image,
    name,
    command: cmd === undefined ? undefined : [cmd, ...args],
    cpu: cores,
    memory: memoryGiB,
    gpu: gpus,
    env: Object.keys(variables).length === 0 ? undefined : variables,
    replicas: spec.rows === undefined ? spec.replicas : undefined,
    array: spec.array,
    retries,
    'retry-on': retryOn?.join(','),
    backoff: backoffMs === undefined ? undefined : `${backoffMs}ms`,
    'max-active': maxActive,
    atomic: atomic || undefined,
    upload: files?.uploads.map(wordOf),
    download: files?.downloads.map(wordOf),
  });
}
