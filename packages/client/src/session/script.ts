import { base64Bytes, concatenate } from '@skaha/base/bytes.js';
import { ValidationError } from '../errors/index.js';

/** Longest script, in bytes of UTF-8. */
const longestScript = 32 * 1024;

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

/** Each byte one character: what follows on later lines may be in any encoding. */
const firstLine = (bytes: Uint8Array): string =>
  String.fromCharCode(
    ...bytes.subarray(0, Math.min(1024, bytes.indexOf(lineFeed) + 1 || bytes.length)),
  );

/** The program that the first line of a script names, and whether it is a shell. */
function interpreterOf(script: string): { words: readonly string[]; isShell: boolean } {
  const line = /^#![ \t]*([^\r\n]+)/.exec(script)?.[1]?.trim();
  if (line === undefined) return { words: ['sh'], isShell: true };
  const words = line.split(/[ \t]+/);
  const name = (words[0]?.endsWith('/env') === true ? words[1] : words[0]) ?? '';
  return { words, isShell: shells.has(name.split('/').at(-1) ?? '') };
}

/**
 * Read whole before any of it runs, and with nothing on its standard input: the script comes from
 * there, and a program that reads would swallow the rest of it.
 */
const withoutInput = (script: Uint8Array): Uint8Array =>
  joined(encode('{ :; '), script, encode('\n} </dev/null\n'));

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatenate(parts, length);
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** A script in the form that is sent, with notes about changes and problems. */
export interface ReadScript {
  bytes: Uint8Array;
  /** As sentences. */
  notes: readonly string[];
}

/**
 * Removes what some editors add to scripts and no shell understands: a byte order mark at the
 * beginning, and the carriage returns if every line has one. Nothing else changes.
 *
 * @param script - text, or the bytes of a file in any encoding
 * @example
 * ```ts
 * import { readScript } from 'skaha';
 *
 * const { notes } = readScript('echo one\r\necho two\r\n');
 * console.log(notes.length); // 1
 * ```
 */
export function readScript(script: string | Uint8Array): ReadScript {
  const given = typeof script === 'string' ? encode(script) : script;
  const hasMark = given[0] === 0xef && given[1] === 0xbb && given[2] === 0xbf;
  const bytes = hasMark ? given.subarray(3) : given;
  const notes = hasMark ? ['the byte order mark at its beginning was left out'] : [];
  let ends = 0;
  let returns = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) {
    ends += 1;
    if (bytes[at - 1] === carriageReturn) returns += 1;
  }
  const isOneLine = ends === 0 && bytes.includes(carriageReturn);
  if (returns === 0 && !isOneLine) return { bytes, notes: sentences(notes) };
  if (returns < ends || isOneLine) {
    const mixed = 'some lines end with a carriage return; they are sent as they are';
    return { bytes, notes: sentences([...notes, mixed]) };
  }
  const unix = bytes.filter((byte, at) => byte !== carriageReturn || bytes[at + 1] !== lineFeed);
  const changed = 'its Windows line endings (CR LF) were converted to Unix line endings (LF)';
  return { bytes: unix, notes: sentences([...notes, changed]) };
}

const sentences = (notes: readonly string[]): string[] => notes.map((text) => `${text}.`);

/**
 * Converts a script to a command for a headless session. The platform splits arguments at spaces
 * and cannot pass on quotes, backslashes and dollar signs, so the script is sent as base64, with
 * tabs instead of spaces. The image needs `sh` and `base64`.
 *
 * @param script - text, or the bytes of a file, which arrive as they are; a first line such as
 *   `#!/usr/bin/env python3` names what runs it, a shell when there is none. At most 32 KiB. A byte
 *   order mark is left out, and the carriage returns when every line ends with CR LF.
 * @returns `cmd` and `args` for `Session.create`
 * @throws {ValidationError} `request.invalid` for a script that is empty or too long
 * @example
 * ```ts
 * import { scriptCommand, SkahaClient } from 'skaha';
 *
 * const script = 'for f in "$HOME"/raw/*.fits; do reduce "$f"; done';
 * await using skaha = new SkahaClient();
 * await skaha.sessions.create({ name: 'all', image: 'skaha/astroml', ...scriptCommand(script) });
 * ```
 */
export function scriptCommand(script: string | Uint8Array): { cmd: string; args: string[] } {
  const issue = (message: string, hint: string) =>
    new ValidationError([{ path: 'script', message }], hint);
  const { bytes } = readScript(script);
  if (bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)))
    throw issue('The script is empty.', 'Give it some commands.');
  if (bytes.includes(0))
    throw issue('The script contains a null character, so it is not text.', 'Give a text file.');
  if (bytes.length > longestScript)
    throw issue(
      `The script has ${bytes.length} bytes; at most ${longestScript} can be sent.`,
      'Put it in a file in your home space, and run that.',
    );
  const { words, isShell } = interpreterOf(firstLine(bytes));
  if (words.some((word) => !/^[\w@%+=:,./-]+$/.test(word)))
    throw issue(
      'The program in the first line of the script cannot be sent.',
      'Use plain words after #!, without quotes or dollar signs.',
    );
  // Other languages have no such braces; theirs read what they run from standard input as well.
  const pipe = ['echo', base64Bytes(isShell ? withoutInput(bytes) : bytes)].join('\t');
  return { cmd: 'sh', args: ['-c', `${pipe}|base64\t-d|${words.join('\t')}`] };
}
