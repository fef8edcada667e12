import { type Route, route } from '@skaha/terminal/parse/route.js';
import { expect, test } from 'vitest';
import type { CommandEntry } from '../../src/command.js';
import { program } from '../../src/program.js';

function summary(found: Route<CommandEntry>): string {
  if (found.to === 'command') return `${found.entry.name} ${JSON.stringify(found.words)}`;
  if (found.to === 'help') return `help of ${found.entry.name}`;
  if (found.to === 'group') return `group ${found.name}, status ${found.status}`;
  if (found.to === 'topic') return `topic ${found.name}`;
  if (found.to === 'unknown') return `unknown ${JSON.stringify(found)}`;
  return `root, status ${found.status}`;
}

const at = (...argv: string[]) => summary(route(argv, program));

test.each<[string[], string]>([
  [[], 'root, status 0'],
  [['--help'], 'root, status 0'],
  [['-h'], 'root, status 0'],
  [['help'], 'root, status 0'],
  [['--color', 'never', '--help'], 'root, status 0'],
  [['ps'], 'ps []'],
  [['ps', '-a'], 'ps ["-a"]'],
  [['-v', 'ps'], 'ps ["-v"]'],
  [['--context', 'ps', 'ps'], 'ps ["--context","ps"]'],
  [['--context=ps', 'info', 'ps'], 'info ["--context=ps","ps"]'],
  [['help', 'ps'], 'help of ps'],
  [['ps', '--help'], 'help of ps'],
  [['--help', 'ps'], 'help of ps'],
  [['image'], 'group image, status 2'],
  [['auth'], 'auth show []'],
  [['auth', '--json'], 'auth show ["--json"]'],
  [['auth', '-h'], 'group auth, status 0'],
  [['auth', 'login', 'cadc'], 'login ["cadc"]'],
  [['authentication'], 'auth show []'],
  [['authentication', 'ls'], 'auth ls []'],
  [['--color', 'never', 'authentication', 'switch', 'x'], 'auth use ["--color","never","x"]'],
  [['create', 'authentication'], 'create ["authentication"]'],
  [['image', '-h'], 'group image, status 0'],
  [['help', 'image'], 'group image, status 0'],
  [['image', 'ls', '-k', 'notebook'], 'image ls ["-k","notebook"]'],
  [['--timeout', '5', 'image', '--json', 'ls'], 'image ls ["--timeout","5","--json"]'],
  [['help', 'image', 'ls'], 'help of image ls'],
  [['create', 'headless', 'i', '--', '--help'], 'create ["headless","i","--","--help"]'],
])('%j leads to %s', (argv, expected) => {
  expect(at(...argv)).toBe(expected);
});

test.each([
  ['run', 'create'],
  ['launch', 'create'],
  ['list', 'ps'],
  ['ls', 'ps'],
  ['get', 'ps'],
  ['del', 'delete'],
  ['rm', 'delete'],
])('the older name %s is %s', (alias, name) => {
  expect(at(alias)).toBe(`${name} []`);
});

test('the older names of image ls lead there', () => {
  expect(at('image', 'list')).toBe('image ls []');
  expect(at('images')).toBe('image ls []');
});

test('no name is taken twice', () => {
  const names = program.commands.flatMap((entry) => [entry.name, ...(entry.aliases ?? [])]);
  expect(new Set(names).size).toBe(names.length);
});

test('a first word that is no command may be one of the user', () => {
  expect(route(['--color', 'never', 'mine', 'a', '--help'], program)).toEqual({
    to: 'unknown',
    name: 'mine',
    before: ['--color', 'never'],
    after: ['a', '--help'],
  });
  expect(route(['constructor'], program)).toMatchObject({ to: 'unknown', name: 'constructor' });
});

test('the name that was typed is known', () => {
  expect(route(['auth', 'login'], program)).toMatchObject({ name: 'auth login' });
  expect(route(['authentication', 'ls'], program)).toMatchObject({ name: 'auth ls' });
});

test.each<[string[], string, string]>([
  [['image', 'lss'], "There is no command 'image lss'.", "Did you mean 'image ls'?"],
  [['--bogus'], 'A command is missing.', "See the commands with 'skaha --help'."],
])('%j is refused', (argv, message, hint) => {
  expect(() => route(argv, program)).toThrow(
    expect.objectContaining({
      code: 'command.usage',
      message,
      hint: expect.stringContaining(hint),
    }),
  );
});
