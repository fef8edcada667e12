import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { disk } from './places.js';

// Every test file gets a home of its own, so that none reads or writes the developer's.
const home = mkdtempSync(join(disk(), 'skaha-test-'));
for (const name of Object.keys(process.env)) {
  if (/^(skaha|canfar|xdg)_/i.test(name)) delete process.env[name];
}
for (const name of ['NO_COLOR', 'FORCE_COLOR', 'CLICOLOR', 'CLICOLOR_FORCE'])
  delete process.env[name];
process.env['HOME'] = home;
process.env['USERPROFILE'] = home;

afterAll(() => rmSync(home, { recursive: true, force: true }));
