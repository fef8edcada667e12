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
 * What every record of a session has; what is missing or of another type makes it useless. Checked
 * by hand: the schema library would be a seventh of the memory of an idle platform.
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
 * What the database itself finds wrong with a record: less than {@link readRecord}, but of very many
 * at once. For those that ended, which are read one by one when they are asked for.
 */
export const soundInSql = `CASE WHEN json_valid(record) THEN ifnull(${soundMembers}, 0) ELSE 0 END`;

/** A record as it was written, or undefined when it is damaged. */
export function readRecord(key: string, json: string): SessionRecord | undefined {
  const value = parseJson(json);
  const record = value as SessionRecord;
  return isSound(value) && record.key === key ? record : undefined;
}

/** An event as it was written, or undefined when it is damaged: its session does without it. */
export function readEvent(json: string): EventRow | undefined {
  const value = parseJson(json);
  return isObject(value) ? (value as EventRow) : undefined;
}
