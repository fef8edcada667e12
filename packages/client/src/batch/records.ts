import * as z from 'zod/mini';
import { SkahaError } from '../errors/index.js';

/** The newest version of the journal that this library knows. */
export const journalVersion = 2;

/** The version of the journal of a batch: what has no files to move, older libraries can read, too. */
export const versionFor = (hasStaging: boolean): number => (hasStaging ? journalVersion : 1);

const time = z.number();
const item = z.int().check(z.minimum(1));
const attempt = z.int().check(z.minimum(1));
const errorDocument = z.looseObject({ code: z.string(), message: z.string() });

const pairs = z.array(z.looseObject({ from: z.string(), to: z.string() }));

const template = z.looseObject({
  name: z.string(),
  image: z.string(),
  replicas: z.optional(z.int()),
  array: z.optional(z.union([z.string(), z.array(z.number())])),
  rows: z.optional(z.array(z.record(z.string(), z.string()))),
  labels: z.optional(z.record(z.string(), z.string())),
});

/** What one line of a journal holds, for journals that are kept elsewhere than in a file. */
export const journalRecordSchema = z.discriminatedUnion('type', [
  /** The first record: what is to be launched, and where. */
  z.looseObject({
    type: z.literal('batch'),
    version: z.int(),
    at: time,
    /** Root of the server, without credentials. */
    server: z.string(),
    /** The complete image reference. */
    image: z.string(),
    spec: template,
    options: z.optional(z.looseObject({})),
  }),
  /** A program begins to work on the batch; it saw these older sessions under the batch's names. */
  z.looseObject({
    type: z.literal('run'),
    at: time,
    known: z.record(z.string(), z.array(z.string())),
  }),
  /** Written before a launch is sent. */
  z.looseObject({ type: z.literal('intent'), at: time, item, attempt }),
  /** Written after its answer, or when it is clear what became of it. */
  z.looseObject({
    type: z.literal('outcome'),
    at: time,
    item,
    attempt,
    result: z.enum(['launched', 'refused', 'absent', 'unknown']),
    id: z.optional(z.string()),
    /** The session was found by name. */
    found: z.optional(z.boolean()),
    /** A refusal that says nothing about the item: it stays pending. */
    passing: z.optional(z.boolean()),
    error: z.optional(errorDocument),
  }),
  /** A session finished, or is no longer listed. */
  z.looseObject({
    type: z.literal('end'),
    at: time,
    item,
    id: z.string(),
    status: z.enum(['completed', 'failed', 'gone']),
  }),
  /** A session was deleted. */
  z.looseObject({ type: z.literal('removed'), at: time, item, id: z.string() }),
  /** What is moved before the launches, and after the ends. */
  z.looseObject({ type: z.literal('staging'), at: time, uploads: pairs, downloads: pairs }),
  /** A file or folder is where it should be. */
  z.looseObject({
    type: z.literal('staged'),
    at: time,
    direction: z.enum(['download', 'upload']),
    from: z.string(),
    to: z.string(),
  }),
  /** Nothing more is launched. */
  z.looseObject({ type: z.literal('cancel'), at: time, reason: z.enum(['asked', 'atomic']) }),
]);

/** One line of a journal. */
export type JournalRecord = z.infer<typeof journalRecordSchema>;

/** A record of one type. */
export type RecordOf<Type extends JournalRecord['type']> = Extract<JournalRecord, { type: Type }>;

/** What names a file or folder among those that were moved. */
export const stagedKey = ({
  direction,
  from,
  to,
}: Pick<RecordOf<'staged'>, 'direction' | 'from' | 'to'>): string => `${direction}\0${from}\0${to}`;

/** One record as a line, without its line end. */
export const writeRecord = (record: JournalRecord): string => JSON.stringify(record);

/** Where the last complete line of a journal ends; what follows was torn off by a crash. */
export const completeLength = (text: string): number => text.lastIndexOf('\n') + 1;

/**
 * Reads a journal. A last line without a line end never counted and is passed over.
 *
 * @param text - the whole journal
 * @param where - its name, for errors
 * @throws {SkahaError} `batch.journal_invalid` naming the line
 */
export function readRecords(text: string, where: string): JournalRecord[] {
  const lines = text.slice(0, completeLength(text)).split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const record = parseLine(line);
    if (record === undefined) throw invalid(where, index + 1);
    if (record.type === 'batch' && record.version > journalVersion) throw tooNew(where);
    if ((index === 0) !== (record.type === 'batch')) throw invalid(where, index + 1);
    return record;
  });
}

function parseLine(line: string): JournalRecord | undefined {
  try {
    const parsed = z.safeParse(journalRecordSchema, JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

const invalid = (where: string, line: number) =>
  new SkahaError('batch.journal_invalid', `Line ${line} of the journal ${where} cannot be read.`, {
    hint: 'Nothing was launched. Look at the file; a damaged line can be corrected by hand.',
  });

const tooNew = (where: string) =>
  new SkahaError(
    'batch.journal_invalid',
    `The journal ${where} was written by a newer version of skaha.`,
    {
      hint: 'Continue with the version that started this batch, or a newer one.',
    },
  );

/** An error as it is written down. */
export const errorRecord = (error: SkahaError): { code: string; message: string } => ({
  ...error.toJSON(),
});
