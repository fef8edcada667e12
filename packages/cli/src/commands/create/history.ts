import { appendFile, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { parseRecord } from '@skaha/base/json.js';
import { makePrivateDirectory, replaceFile } from '@skaha/base/private-file.js';
import { defined, isRecord } from '@skaha/base/record.js';
import { isSecretName } from '@skaha/base/redact.js';
import { systemCode } from '@skaha/base/system-code.js';
import { type Io, note } from '@skaha/terminal/io.js';
import { plain } from '@skaha/terminal/output/text.js';
import type { CreatedSession } from 'skaha';
import { homeDirectory } from 'skaha/config';
import type { Deps } from '../../deps.js';
import type { Launch } from './plan.js';

/** A launch as it is written down, for `history` and `relaunch`. */
export interface LaunchRecord {
  /** RFC 3339. */
  time: string;
  /** Root of the server. */
  server: string;
  /** What was launched, with the long names of the options of `create` as keys. */
  specification: Readonly<Record<string, unknown>>;
  /** What made the sessions differ, when rows did. */
  rows?: readonly Readonly<Record<string, string>>[] | undefined;
  /** True when its rows were too many to be written down. */
  isShortened?: boolean | undefined;
  /** Variables whose values were not written down because they may be secret. */
  withheld: readonly string[];
  /** The first sessions; `total` says how many there were. */
  sessions: readonly { id: string; name: string }[];
  total: number;
}

/** How a session ended, as it is written down; null where that is not known. */
export interface EndRecord {
  id: string;
  /** `Completed`, `Failed` or `Deleted`. */
  status: string;
  /** RFC 3339, as the other times. */
  startTime: string | null;
  endTime: string | null;
  exitStatus: number | null;
  reason: string | null;
}

/** The launches of this machine, oldest first, and the ends of sessions that were seen from it. */
export interface LaunchLog {
  read(): Promise<LaunchRecord[]>;
  add(record: LaunchRecord): Promise<void>;
  /** By id; of two ends of one session the first. */
  ends(): Promise<Map<string, EndRecord>>;
  addEnds(ends: readonly EndRecord[]): Promise<void>;
}

const kept = 100;
/** A launch may have many sessions. */
const keptEnds = 2000;
const longestLine = 256 * 1024;

/**
 * Where launches are written down: `$XDG_STATE_HOME/skaha/launches.jsonl`, by default
 * `~/.local/state/skaha/launches.jsonl`.
 */
export function launchLogPath(env: Readonly<Record<string, string | undefined>>): string {
  const base = env['XDG_STATE_HOME']?.trim();
  // A relative value is to be ignored (XDG Base Directory Specification).
  const folder =
    base !== undefined && isAbsolute(base) ? base : join(homeDirectory(env), '.local', 'state');
  return join(folder, 'skaha', 'launches.jsonl');
}

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
 * The log in files that only their owner can read. It keeps the last hundred launches, and the ends
 * of two thousand sessions, in `ends.jsonl` beside them.
 */
export function launchLog(path: string): LaunchLog {
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
      if (line.length <= longestLine) await append(path, [line], kept);
    },
    ends: async () => {
      const ends = (await readLines(endsPath)).flatMap((line) => readEnd(line) ?? []);
      return new Map(ends.reverse().map((end) => [end.id, end]));
    },
    addEnds: async (ends) => {
      const lines = ends.map((end) => JSON.stringify(end));
      await append(endsPath, lines, keptEnds);
    },
  };
}

/** So many sessions of a launch are named. */
const mostSessions = 100;

/** What of a launch is written down. */
type RecordedLaunch = Pick<Launch, 'files' | 'isNamed' | 'options' | 'spec'>;

/** Without the variables whose values may be secret. */
const withoutSecrets = (variables: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(variables)
      .filter(([name]) => !isSecretName(name))
      .map(([name, value]) => [name, String(value)]),
  );

/** What was launched, with the long names of the options of `create` as keys. */
function specificationOf(launch: RecordedLaunch): LaunchRecord['specification'] {
  const { spec, options, isNamed, files } = launch;
  const { kind, image, cores, memoryGiB, gpus, cmd, args = [], env = {}, array, rows } = spec;
  const { retries, retryOn, backoffMs, maxActive, atomic } = options;
  const variables = withoutSecrets(env);
  return defined({
    kind,
    image,
    // A generated name is generated again.
    name: isNamed ? spec.name : undefined,
    command: cmd === undefined ? undefined : [cmd, ...args],
    cpu: cores,
    memory: memoryGiB,
    gpu: gpus,
    env: Object.keys(variables).length === 0 ? undefined : variables,
    replicas: rows === undefined ? spec.replicas : undefined,
    // Its job keeps its name; another gets one of its own.
    array,
    retries,
    'retry-on': retryOn?.join(','),
    backoff: backoffMs === undefined ? undefined : `${backoffMs}ms`,
    'max-active': maxActive,
    atomic: atomic || undefined,
    upload: files?.uploads.map(({ from, to }) => `${from}:${to}`),
    download: files?.downloads.map(({ from, to }) => `${from}:${to}`),
  });
}

/** Writes a launch down; that it cannot be written down is no reason to fail. */
export async function recordLaunch(
  io: Io,
  deps: Deps,
  launch: RecordedLaunch,
  sessions: readonly CreatedSession[],
): Promise<void> {
  if (sessions.length === 0) return;
  const { env = {}, rows } = launch.spec;
  const variables = new Set([env, ...(rows ?? [])].flatMap(Object.keys));
  try {
    const { root } = await (await deps.client()).connection();
    const log = await deps.launches();
    await log.add({
      time: new Date(deps.now()).toISOString(),
      server: root,
      specification: specificationOf(launch),
      rows: rows?.map(withoutSecrets),
      withheld: [...variables].filter(isSecretName),
      sessions: sessions.slice(0, mostSessions).map(({ id, name }) => ({ id, name })),
      total: sessions.length,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    note(io, `The launch could not be recorded for 'skaha history': ${plain(reason)}`);
  }
}
