import { parseJson } from '@skaha/base/json.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import type { EventRow } from '../sessions/event-table.js';
import type { Phase, SessionRecord } from '../sessions/record.js';

const phases = [
  'queued',
  'starting',
  'running',
  'stopping',
  'completed',
  'failed',
  'deleting',
  'gone',
] as const satisfies readonly Phase[];
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isAmount: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const isFlag: Check = (value) => typeof value === 'boolean';
const isOneOf =
  (words: readonly string[]): Check =>
  (value) =>
    words.some((word) => word === value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isListOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const isPair: Check = (value) => isListOf(isText)(value) && (value as unknown[]).length === 2;
const isLike =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(members).every(([name, check]) => check(Reflect.get(value, name)));

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const keyPattern = /^[a-z0-9]{1,64}(?:-[a-z0-9]{1,64})?$/;

/**
 * The members that every record of a session must have, and their types. Checked without the schema
 * library, which would be a seventh of the memory of an idle platform.
 */
const isSound = isLike({
  key: (value) => typeof value === 'string' && keyPattern.test(value),
  id: isText,
  appId: optional(isText),
  owner: (value) => isText(value) && value !== '',
  name: isText,
  kind: isOneOf(sessionKinds),
  image: isText,
  sequence: isAmount,
  createdAt: isAmount,
  resources: isLike({
    cores: isAmount,
    coresLimit: isAmount,
    memory: isAmount,
    memoryLimit: isAmount,
    fixed: isFlag,
  }),
  workload: isLike({
    cmd: optional(isText),
    args: optional(isListOf(isText)),
    env: isListOf(isPair),
  }),
  keepSeconds: isAmount,
  life: isLike({
    phase: isOneOf(phases),
    deadlineSeconds: isAmount,
    admittedAt: optional(isAmount),
    startedAt: optional(isAmount),
    finishedAt: optional(isAmount),
  }),
});

const soundMembers = [
  "json_extract(record, '$.key') IS key",
  ...['owner', 'id', 'name', 'life.phase'].map((path) => `json_type(record, '$.${path}') = 'text'`),
  ...['sequence', 'createdAt', 'resources.cores', 'resources.memory', 'keepSeconds'].map(
    (path) => `json_type(record, '$.${path}') IN ('integer', 'real')`,
  ),
].join(' AND ');

/**
 * A check of records in SQL: less strict than {@link readRecord}, but fast for very many. For ended
 * sessions, which are read one by one on demand.
 */
export const soundInSql = `CASE WHEN json_valid(record) THEN ifnull(${soundMembers}, 0) ELSE 0 END`;

/** Parses a record; undefined if it is damaged. */
export function readRecord(key: string, json: string): SessionRecord | undefined {
  const value = parseJson(json);
  const record = value as SessionRecord;
  return isSound(value) && record.key === key ? record : undefined;
}

/** Parses an event; undefined if it is damaged, in which case it is dropped. */
export function readEvent(json: string): EventRow | undefined {
  const value = parseJson(json);
  return isObject(value) ? (value as EventRow) : undefined;
}
