import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Platform, PlatformOptions } from '../../src/types.js';
import { discard, openPlatform, roomy, temporaryDirectory } from '../fixtures.js';
import { createCases } from './create-cases.js';
import { protocolCases } from './protocol-cases.js';
import { resourceCases } from './resource-cases.js';
import { sessionCases } from './session-cases.js';
import { type Need, Target, targetOf } from './target.js';

// The checklist of the contract, held against the local platform, or against the real one that
// `npm run test:contract -- --url https://…/skaha` names.

const cases = [...protocolCases, ...createCases, ...sessionCases, ...resourceCases];
const url = env['CONTRACT_URL'];

/** Users, settings and limits of a platform on which the checklist can be gone through. */
const suitable = (options: PlatformOptions = {}): PlatformOptions => ({
  port: 0,
  user: 'adastra',
  ...options,
  config: {
    ...roomy,
    users: [{ name: 'guest' }, { name: 'outsider', access: false }],
    ...(typeof options.config === 'object' ? options.config : {}),
  },
});

async function startForCase(options: PlatformOptions): Promise<Platform> {
  const platform = await openPlatform({ ...suitable(options), data: temporaryDirectory() });
  onTestFinished(() => platform.stop());
  return platform;
}

const readIfNamed = (path: string | undefined) =>
  path === undefined ? undefined : readFileSync(path, 'utf8');

/** What cannot be tried on a platform of others, and why. */
function realTarget(root: string): Target {
  const token = readIfNamed(env['CONTRACT_TOKEN_FILE'])?.trim();
  const pem = readIfNamed(env['CONTRACT_CERTIFICATE']);
  const unmet = new Map<Need, string>([
    ['own-platform', 'needs settings, a clock or faults that only a local platform has'],
    ['other', 'needs a second user'],
    ['outsider', 'needs a user without access'],
  ]);
  if (env['CONTRACT_INTERACTIVE'] !== '1') {
    unmet.set('interactive', 'starts interactive sessions; ask for it with --interactive');
  }
  const user = token !== undefined ? { token } : pem !== undefined ? { pem } : undefined;
  const credential = (who: string) => (who === 'user' ? user : undefined);
  const access = { root, ca: readIfNamed(env['CONTRACT_CA']), credential };
  return new Target({ access, unmet, patienceMs: 900_000 });
}

let target: Target;
let local: Platform | undefined;

beforeAll(async () => {
  if (url !== undefined) {
    target = realTarget(url);
    return;
  }
  const data = mkdtempSync(join(tmpdir(), 'skaha-contract-'));
  local = await openPlatform({ ...suitable(), data });
  target = targetOf(local, { start: startForCase, patienceMs: 25_000 });
});

afterAll(async () => {
  await target?.tidy();
  await local?.stop();
  if (local !== undefined) await discard(local.data);
});

const numbers = Array.from({ length: 48 }, (_, index) => index + 1);

describe(
  url === undefined ? 'the contract, on a local platform' : `the contract, on ${url}`,
  () => {
    for (const number of numbers) {
      for (const one of cases.filter((candidate) => candidate.number === number)) {
        const { title, needs = [], run } = one;
        test(`${number}: ${title}`, {
          timeout: url === undefined ? 30_000 : 960_000,
        }, async (context) => {
          const lacking = needs
            .map((need) => target.unmet.get(need))
            .find((why) => why !== undefined);
          if (lacking !== undefined) context.skip(lacking);
          await run(target);
        });
      }
    }
  },
);

test('every statement of the checklist has a case', () => {
  expect([...new Set(cases.map(({ number }) => number))].sort((a, b) => a - b)).toEqual(numbers);
});
