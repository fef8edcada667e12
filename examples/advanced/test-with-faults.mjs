// @ts-check
// A platform inside of this program, told to misbehave: how tests of your own code can look.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSkahaError, SkahaClient } from 'skaha';
import { startPlatform } from 'skaha-platform';

const data = await mkdtemp(join(tmpdir(), 'skaha-faults-'));
const platform = await startPlatform({ data, port: 0 });
const { url, token, ca, faults } = platform;
const skaha = new SkahaClient({ url, token, ca });
try {
  // The session is created, but the answer is lost on the way. The library finds the session.
  const lift = faults.inject({ kind: 'lost-response', method: 'POST', first: 1 });
  const { ids } = await skaha.sessions.create({
    name: 'lost',
    image: 'skaha/terminal:1.1.2',
    cmd: 'true',
  });
  lift();
  assert.equal(ids.length, 1);
  console.log('a lost answer: one session, not two');

  faults.inject({ kind: 'expired-token' });
  await assert.rejects(skaha.sessions.fetch(), (error) =>
    isSkahaError(error, 'authentication.expired'),
  );
  console.log('an expired token: authentication.expired');
} finally {
  await skaha.close();
  await platform.stop({ sessions: 'end' });
  await rm(data, { recursive: true, force: true });
}
