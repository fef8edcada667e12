import { base64 } from '@skaha/base/bytes.js';
import { ValidationError } from '../errors/index.js';

/** Longest script, in bytes of UTF-8. */
const longestScript = 32 * 1024;

const shells = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh']);

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
const standingAlone = (script: string): string => `{ :; ${script}\n} </dev/null\n`;

/**
 * Puts a script into a form that the platform can carry as the command of a headless session: it
 * splits arguments at blanks and cannot carry quotes, backslashes and dollar signs, so the script
 * travels as base64 with tabs for blanks. The image needs `sh` and `base64`.
 *
 * @param script - text; a first line such as `#!/usr/bin/env python3` names what runs it, a shell
 *   when there is none. At most 32 KiB of UTF-8.
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
export function scriptCommand(script: string): { cmd: string; args: string[] } {
  const issue = (message: string, hint: string) =>
    new ValidationError([{ path: 'script', message }], hint);
  if (script.trim() === '') throw issue('The script is empty.', 'Give it some commands.');
  if (script.includes('\0'))
    throw issue('The script holds a null character: it is no text.', 'Give a text file.');
  const size = new TextEncoder().encode(script).length;
  if (size > longestScript)
    throw issue(
      `The script has ${size} bytes; at most ${longestScript} can be sent.`,
      'Put it in a file in your home space, and run that.',
    );
  const { words, isShell } = interpreterOf(script);
  if (words.some((word) => !/^[\w@%+=:,./-]+$/.test(word)))
    throw issue(
      'The first line of the script names a program that cannot be sent.',
      'Use plain words after #!, without quotes and dollar signs.',
    );
  // Other languages have no such braces; theirs read what they run from standard input as well.
  const text = isShell ? standingAlone(script) : script;
  const pipe = ['echo', base64(text)].join('\t');
  return { cmd: 'sh', args: ['-c', `${pipe}|base64\t-d|${words.join('\t')}`] };
}
