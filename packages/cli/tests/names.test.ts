import { route } from '@skaha/terminal/parse/route.js';
import { expect, test } from 'vitest';
import { program } from '../src/program.js';
import { runSkaha } from './harness.js';

/** What either generation of the Python client calls its commands, and what they are here. */
const names: readonly (readonly [line: string, canonical: string])[] = [
  ['auth login', 'login'],
  ['login', 'login'],
  ['auth', 'auth show'],
  ['auth show', 'auth show'],
  ['auth status', 'auth show'],
  ['auth list', 'auth ls'],
  ['auth ls', 'auth ls'],
  ['auth switch', 'auth use'],
  ['auth use', 'auth use'],
  ['auth remove', 'auth rm'],
  ['auth rm', 'auth rm'],
  ['auth purge', 'auth purge'],
  ['auth token', 'auth token'],
  ['logout', 'logout'],
  ['whoami', 'whoami'],
  ['server list', 'server ls'],
  ['server ls', 'server ls'],
  ['server use', 'server use'],
  ['server show', 'server show'],
  ['server add', 'server add'],
  ['server rm', 'server rm'],
  ['context ls', 'context ls'],
  ['context list', 'context ls'],
  ['context use', 'context use'],
  ['context show', 'context show'],
  ['context add', 'context add'],
  ['context rm', 'context rm'],
  ['registry login', 'registry login'],
  ['registry logout', 'registry logout'],
  ['registry ls', 'registry ls'],
  ['registry list', 'registry ls'],
  ['create', 'create'],
  ['run', 'create'],
  ['launch', 'create'],
  ['ps', 'ps'],
  ['list', 'ps'],
  ['ls', 'ps'],
  ['get', 'ps'],
  ['info', 'info'],
  ['events', 'events'],
  ['logs', 'logs'],
  ['open', 'open'],
  ['wait', 'wait'],
  ['renew', 'renew'],
  ['delete', 'delete'],
  ['del', 'delete'],
  ['rm', 'delete'],
  ['prune', 'prune'],
  ['jobs ls', 'jobs ls'],
  ['jobs list', 'jobs ls'],
  ['jobs show', 'jobs show'],
  ['jobs logs', 'jobs logs'],
  ['jobs cancel', 'jobs cancel'],
  ['jobs resume', 'jobs resume'],
  ['jobs rm', 'jobs rm'],
  ['image ls', 'image ls'],
  ['image list', 'image ls'],
  ['stats', 'stats'],
  ['limits', 'limits'],
  ['repository', 'repository'],
  ['platform start', 'platform start'],
  ['platform stop', 'platform stop'],
  ['platform status', 'platform status'],
  ['platform logs', 'platform logs'],
  ['platform reset', 'platform reset'],
  ['config show', 'config show'],
  ['config list', 'config show'],
  ['config ls', 'config show'],
  ['config get', 'config get'],
  ['config set', 'config set'],
  ['config unset', 'config unset'],
  ['config path', 'config path'],
  ['config edit', 'config edit'],
  ['config validate', 'config validate'],
  ['config import', 'config import'],
  ['alias ls', 'alias ls'],
  ['alias list', 'alias ls'],
  ['alias set', 'alias set'],
  ['alias rm', 'alias rm'],
  ['doctor', 'doctor'],
  ['api', 'api'],
  ['version', 'version'],
];

const both = names.flatMap(([line, canonical]) =>
  line.startsWith('auth')
    ? [[line, canonical] as const, [line.replace('auth', 'authentication'), canonical] as const]
    : [[line, canonical] as const],
);

test.each(both)('%s is %s', (line, canonical) => {
  const found = route(line.split(' '), program);
  expect(found).toMatchObject({ to: 'command', words: [] });
  expect(found.to === 'command' && found.entry.name).toBe(canonical);
});

test('the canonical names stand in the help once, the others in that of the command', async () => {
  const lines = (await runSkaha(['--help'])).stdout.split('\n');
  for (const { name, aliases } of program.commands) {
    const rows = lines.filter((line) => line.startsWith(`  ${name}  `) || line === `  ${name}`);
    expect(rows, name).toHaveLength(1);
    for (const alias of aliases ?? []) {
      expect(lines.some((line) => line.startsWith(`  ${alias}  `))).toBe(false);
      const { stdout } = await runSkaha([...name.split(' '), '--help']);
      expect(stdout).toMatch(new RegExp(`\\nAliases: (.*, )?${alias}(,|\\n)`));
    }
  }
});

test('a name that will go is told to people on standard error, and to programs not at all', async () => {
  const notice = "'skaha auth login' will be removed; use 'skaha login'.\n";
  const env = { HOME: '/nonexistent' };
  const people = await runSkaha(['auth', 'login'], { terminal: { env } });
  expect(people.stdout).toBe('');
  expect(people.stderr.startsWith(notice)).toBe(true);
  const programs = await runSkaha(['auth', 'login', '--json'], { terminal: { env } });
  expect(() => JSON.parse(programs.stderr)).not.toThrow();
  expect((await runSkaha(['login'], { terminal: { env } })).stderr).not.toContain(notice);
});
