import { sessionKinds } from '@skaha/wire/kinds.js';
import * as z from 'zod/mini';
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
const text = z.string();
const amount = z.number();

/** What every record of a session has; what is missing or of another type makes it useless. */
const recordSchema = z.looseObject({
  key: text.check(z.regex(/^[a-z0-9]{1,64}(?:-[a-z0-9]{1,64})?$/)),
  id: text,
  appId: z.optional(text),
  owner: text.check(z.minLength(1)),
  name: text,
  kind: z.enum(sessionKinds),
  image: text,
  sequence: amount,
  createdAt: amount,
  resources: z.looseObject({
    cores: amount,
    coresLimit: amount,
    memory: amount,
    memoryLimit: amount,
    fixed: z.boolean(),
  }),
  workload: z.looseObject({
    cmd: z.optional(text),
    args: z.optional(z.array(text)),
    env: z.array(z.tuple([text, text])),
  }),
  keepSeconds: amount,
  life: z.looseObject({
    phase: z.enum(phases),
    deadlineSeconds: amount,
    admittedAt: z.optional(amount),
    startedAt: z.optional(amount),
    finishedAt: z.optional(amount),
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

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A record as it was written, or undefined when it is damaged. */
export function readRecord(key: string, json: string): SessionRecord | undefined {
  try {
    const value: unknown = JSON.parse(json);
    const isSound = recordSchema.safeParse(value).success;
    const record = value as SessionRecord;
    return isSound && record.key === key ? record : undefined;
  } catch {
    return undefined;
  }
}

/** An event as it was written, or undefined when it is damaged: its session does without it. */
export function readEvent(json: string): EventRow | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? (value as EventRow) : undefined;
  } catch {
    return undefined;
  }
}
