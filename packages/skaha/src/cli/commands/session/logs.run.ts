import type { SkahaClient } from '../../../client.js';
import { type FailedItem, isSkahaError, SkahaError } from '../../../errors/index.js';
import type { Run } from '../../command.js';
import type { Deps } from '../../deps.js';
import { type Io, note } from '../../io.js';
import {
  attempt,
  type Outcome,
  type Selection,
  selectSessions,
  throwIfFailed,
} from '../../select.js';

export interface LogsOptions {
  sessions: readonly string[];
  follow: boolean;
  tail?: number | undefined;
  timestamps: boolean;
  interval: number;
}

/** Where the last `count` lines begin; line ends are counted, so text and bytes stay untouched. */
export function tailStart(bytes: Uint8Array, count: number): number {
  if (count === 0) return bytes.length;
  let seen = 0;
  for (let index = bytes.length - 2; index >= 0; index -= 1) {
    if (bytes[index] !== 0x0a) continue;
    seen += 1;
    if (seen === count) return index + 1;
  }
  return 0;
}

/** What stands before each line; empty when lines are printed as they are. */
function prefixer(deps: Deps, selection: Selection, timestamps: boolean) {
  const isMany = selection.ids.length > 1;
  return (id: string): string => {
    const name = selection.known.get(id)?.name;
    const time = timestamps ? `${new Date(deps.now()).toISOString()} ` : '';
    return `${time}${isMany ? `${name === undefined ? id : `${name}/${id}`} │ ` : ''}`;
  };
}

type Prefix = (id: string) => string;

function write(io: Io, bytes: Uint8Array, prefix: string): void {
  if (prefix === '') {
    io.out(bytes);
    return;
  }
  const head = new TextEncoder().encode(prefix);
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    const line = new Uint8Array(head.length + next - start + (end < 0 ? 1 : 0));
    line.set(head);
    line.set(bytes.subarray(start, next), head.length);
    if (end < 0) line[line.length - 1] = 0x0a;
    io.out(line);
    start = next;
  }
}

interface Work {
  client: SkahaClient;
  selection: Selection;
  prefix: Prefix;
  options: LogsOptions;
}

async function printOnce(io: Io, { client, selection, prefix, options }: Work) {
  const outcome = await attempt(selection, (ids) =>
    client.sessions.logs(ids, { signal: io.signal }),
  );
  for (const { id, bytes } of outcome.done) {
    if (bytes.length === 0) note(io, `The log of session ${id} is empty.`);
    const start = options.tail === undefined ? 0 : tailStart(bytes, options.tail);
    write(io, bytes.subarray(start), prefix(id));
  }
  return outcome;
}

async function followOne(io: Io, id: string, { client, prefix, options }: Work): Promise<void> {
  const { interval: intervalMs, tail } = options;
  for await (const line of client.sessions.follow(id, { intervalMs, tail, signal: io.signal })) {
    const head = prefix(id);
    io.out(head === '' || line.endsWith('\n') ? head + line : `${head}${line}\n`);
  }
}

async function followAll(io: Io, work: Work): Promise<Outcome<string>> {
  const { ids, missing } = work.selection;
  const ends = await Promise.allSettled(ids.map((id) => followOne(io, id, work)));
  const done: string[] = [];
  const failed: FailedItem[] = [...missing];
  for (const [index, end] of ends.entries()) {
    const item = ids[index] ?? '';
    if (end.status === 'fulfilled') done.push(item);
    else if (io.signal.aborted) throw io.signal.reason;
    else if (isSkahaError(end.reason)) failed.push({ index, item, error: end.reason });
    else
      failed.push({
        index,
        item,
        error: new SkahaError('internal', 'Reading the log failed.', { cause: end.reason }),
      });
  }
  return { done, failed };
}

/** Prints or follows the logs of sessions. */
export const runLogs: Run<LogsOptions> = async (io, deps, options) => {
  const client = await deps.client();
  const selection = await selectSessions(io, deps, options.sessions);
  const prefix = prefixer(deps, selection, options.timestamps);
  const work: Work = { client, selection, prefix, options };
  const outcome = options.follow ? await followAll(io, work) : await printOnce(io, work);
  throwIfFailed(outcome, 'read the log of');
  return undefined;
};
