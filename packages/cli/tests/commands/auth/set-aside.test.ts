import { readFile } from 'node:fs/promises';
import type { Io } from '@skaha/terminal/io.js';
import { plainStyle } from '@skaha/terminal/output/style.js';
import { expect, test } from 'vitest';
import { withReadableConfiguration } from '../../../src/commands/auth/login.js';
import { createDeps } from '../../../src/environment/deps.js';
import { createLogger } from '../../../src/environment/log.js';
import { systemServices } from '../../../src/environment/services.js';
import { readGlobals } from '../../../src/parse/globals.js';
import { program } from '../../../src/program.js';
import { captureTerminal } from '../../harness.js';
import { Home } from '../../identity.js';

async function setUp() {
  const home = await Home.make();
  const captured = captureTerminal({ terminal: { env: { HOME: home.path } } });
  const io: Io = {
    ...captured.terminal,
    format: 'table',
    style: plainStyle,
    errStyle: plainStyle,
    assumeYes: false,
    mayAsk: false,
  };
  const services = {
    ...systemServices({ env: {} }),
    clock: { now: () => 0, sleep: async () => {} },
  };
  const globals = readGlobals({}, 0);
  const logger = await createLogger(io, globals, services);
  const deps = createDeps(services, globals, logger, program);
  const run = (work: () => Promise<void>) => withReadableConfiguration(io, deps, work);
  return { home, run, errors: captured.errors };
}

test('a file that cannot be read is kept under another name when a new one is written', async () => {
  const { home, run, errors } = await setUp();
  await home.write('x: [');
  await run(() => home.write('schema: skaha\nversion: 1\n'));
  const aside = `${home.config}.1970-01-01T00-00-00-000Z`;
  expect(await readFile(aside, 'utf8')).toBe('x: [');
  expect(errors()).toContain(`It was moved to ${aside}.`);
  expect(await home.text()).toBe('schema: skaha\nversion: 1\n');
});

test('it comes back when nothing was written, and after a failure', async () => {
  const { home, run } = await setUp();
  await home.write('x: [');
  await run(async () => {});
  expect(await home.text()).toBe('x: [');
  await expect(run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await home.text()).toBe('x: [');
});

test('a file that can be read stays where it is', async () => {
  const { home, run } = await setUp();
  await home.write('schema: skaha\nversion: 1\n');
  await run(async () => {
    expect(await home.text()).toContain('skaha');
  });
});
