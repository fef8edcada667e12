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
  const looks = poll(core, options, (signal) => lookAtLog(core, id, { isFirst, decode, signal }));
  for await (const look of looks) {
    // An unfinished last line is held back until it is finished, or nothing more will come.
    const known = look.isOver ? look.text : completeLines(look.text);
    let fresh = tracker.advance(known);
    if (isFirst) {
      if (onlyNew && !look.isOver) fresh = '';
      else if (tail !== undefined) fresh = lastLines(fresh, tail);
    }
    isFirst = false;
    // `yield*` would await each line several times.
    for (const line of linesOf(fresh)) yield line;
    if (look.isOver) return;
  }
}

/** The state is asked for first: a log read after the end is complete. */
async function lookAtLog(core: ClientCore, id: string, how: Look) {
  const { isFirst, decode, signal } = how;
  let isOver = false;
  try {
    isOver = isFinished((await readInfo(core, id, { signal })).status);
  } catch (error) {
    if (isFirst || !isSkahaError(error, 'session.not_found')) throw error;
    isOver = true;
  }
  return { isOver, text: decode(await readLog(core, id, { signal })) };
}

interface Look {
  isFirst: boolean;
  decode: (bytes: Uint8Array) => string;
  signal: AbortSignal;
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

const completeLines = (text: string): string => text.slice(0, text.lastIndexOf('\n') + 1);

/** One after the other: a list of all would need as much memory again as a long log itself. */
function* linesOf(text: string): Generator<string, void> {
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start) + 1 || text.length;
    yield text.slice(start, end);
    start = end;
  }
}

/** The end of a text, from the beginning of one of its lines. */
function lastLines(text: string, count: number): string {
  let start = text.length;
  for (let left = count; left > 0 && start > 0; left -= 1) {
    // What ends the line is its last character, so the search begins before it.
    start = start < 2 ? 0 : text.lastIndexOf('\n', start - 2) + 1;
  }
  return text.slice(start);
}
