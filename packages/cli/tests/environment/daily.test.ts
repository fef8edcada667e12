import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@skaha/base/clock.js';
import { expect, test } from 'vitest';
import { sharedPlatform } from '../harness.js';
import { Home } from '../identity.js';

const shell = sharedPlatform();
const dayMs = 86_400_000;

test('that a login ends soon is told once a day, and whenever warnings are asked for', async () => {
  const home = await Home.make();
  const { url, ca, user } = shell.platform;
  const certificate = await shell.platform.issueCertificate(user, 2 * dayMs);
  const line = ['ps', '--url', url, '--ca', ca, '--certificate', certificate];
  const said = async (more: string[] = [], days = 0) => {
    const now = () => Date.now() + days * dayMs;
    const clock = { now, sleep: systemClock.sleep };
    return (await home.run([...line, ...more], { services: { clock } })).stderr;
  };
  const warning = /^Warning: Certificate .* expires on .*, in about \d+ hours\.\n/m;
  expect(await said(['--json'])).toBe('');
  expect(await said()).toMatch(warning);
  expect(await said()).not.toMatch(/expires/);
  for (const word of ['-v', '-vv', '-vvv'])
    expect(await said([word])).toMatch(/warning: Certificate .* expires on/);
  expect(await said([], 1)).toMatch(warning);
  expect(await said([], 1)).not.toMatch(/expires/);
  const note = join(home.path, '.cache/skaha/told-today');
  expect((await readFile(note, 'utf8')).split('\n')).toHaveLength(2);
  expect((await stat(note)).mode & 0o077).toBe(0);
});

test('where nothing can be noted it is told each time', async () => {
  const home = await Home.make();
  const { url, ca, user } = shell.platform;
  const certificate = await shell.platform.issueCertificate(user, dayMs);
  const line = ['ps', '--url', url, '--ca', ca, '--certificate', certificate];
  const options = { terminal: { env: { XDG_CACHE_HOME: '/dev/null' } } };
  for (let time = 0; time < 2; time += 1) {
    expect((await home.run(line, options)).stderr).toMatch(/^Warning: Certificate .* expires on/m);
  }
});
