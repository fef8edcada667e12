import type { ClientCore } from '../client/core.js';
import { integerIssue, throwIssues } from '../client/options.js';
import { checkIds } from '../client/url.js';
import { isSkahaError } from '../errors/index.js';
import { isFinished } from '../models/status.js';
import { LogTracker } from './log-tracker.js';
import { poll } from './poll.js';
import { readInfo, readLog } from './read.js';
import type { FollowOptions } from './types.js';

/**
 * Follows a log. See `Session.follow`.
 *
 * @param core - shared by the client's parts
 * @param id - which session
 * @param options - where to begin, interval and signal
 */
export async function* followLog(
  core: ClientCore,
  id: string,
  options: FollowOptions,
): AsyncGenerator<string, void> {
  checkIds([id], 'id');
  const { tail, onlyNew } = options;
  if (tail !== undefined) {
    const issue = integerIssue('tail', tail, { minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
    throwIssues(issue === undefined ? [] : [issue]);
  }
  const decode = options.encoding === 'latin1' ? fromBytes : fromUtf8;
  const tracker = new LogTracker();
  let isFirst = true;
  for await (const look of poll(core, options, (signal) => lookAtLog(core, id, isFirst, signal))) {
    const { complete, rest } = splitLines(decode(look.bytes));
    // An unfinished last line is held back until it is finished, or nothing more will come.
    const fresh = tracker.advance(look.isOver ? complete + rest : complete);
    let lines: readonly string[] = fresh.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    if (isFirst) {
      if (onlyNew && !look.isOver) lines = [];
      else if (tail !== undefined) lines = tail === 0 ? [] : lines.slice(-tail);
    }
    isFirst = false;
    yield* lines;
    if (look.isOver) return;
  }
}

/** The state is asked for first: a log read after the end is complete. */
async function lookAtLog(core: ClientCore, id: string, isFirst: boolean, signal: AbortSignal) {
  let isOver = false;
  try {
    isOver = isFinished((await readInfo(core, id, { signal })).status);
  } catch (error) {
    if (isFirst || !isSkahaError(error, 'session.not_found')) throw error;
    isOver = true;
  }
  const bytes = await readLog(core, id, { signal });
  return { isOver, bytes };
}

const fromUtf8 = (bytes: Uint8Array): string =>
  new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Most characters that are made at once; a call takes only so many arguments. */
const blockLength = 8192;

/** Each byte as one character; the decoder of this name would change some of them. */
function fromBytes(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += blockLength)
    text += String.fromCharCode(...bytes.subarray(start, start + blockLength));
  return text;
}

function splitLines(text: string): { complete: string; rest: string } {
  const end = text.lastIndexOf('\n') + 1;
  return { complete: text.slice(0, end), rest: text.slice(end) };
}
