import fc from 'fast-check';
import { readSession } from 'skaha';
import { expect, test } from 'vitest';
import { Session } from '../app/session.js';
import { looksSame, newsOf, rawsIn } from '../app/watching.js';

const usual = {
  id: 'ab12cd34',
  name: 'fit-1',
  type: 'headless',
  status: 'Running',
  userid: 'ada',
  image: 'images.canfar.net/skaha/terminal:1.1.2',
  startTime: '2026-08-01T09:12:40Z',
  expiryTime: '2026-08-15T09:12Z',
  requestedRAM: '8.59',
  requestedCPUCores: '2',
};

/** What servers of all ages may say, and what no server should. */
const words = fc.constantFrom(
  ...[
    '',
    ' ',
    'Running',
    'running',
    'Succeeded',
    'not-applicable',
    '<none>',
    '<nil>',
    ' fit ',
    'a b',
  ],
  ...['2026-08-01T09:12:40Z', '2026-08-01T09:12Z', '2026-08-01T09:12:40', '2026-13-41T09:12:40Z'],
  ...['2026-02-30T00:00:00Z', '2026-08-01T09:12:40+02:00', 'n', 'notebook', 'constructor', '8Gi'],
);
const value = fc.oneof(
  words,
  fc.string(),
  fc.integer(),
  fc.constantFrom(null, undefined, true, {}),
);

test('a session that is read bit by bit is the one that the library reads', () => {
  const names = [...Object.keys(usual), 'appid', 'connectURL', 'cpuCoresInUse'];
  const changes = fc.dictionary(fc.constantFrom(...names), value);
  fc.assert(
    fc.property(changes, (changed) => {
      const raw = { ...usual, ...changed };
      const session = new Session(raw);
      const whole = readSession(raw);
      for (const name of [
        ...(['id', 'appId', 'name', 'kind', 'status', 'image', 'userId', 'startTime'] as const),
        ...(['expiryTime', 'connectUrl', 'fixedResources', 'requested', 'used'] as const),
      ]) {
        expect([name, session[name]]).toEqual([name, whole[name]]);
      }
    }),
  );
});

test('of two lists is told what people would see, and what is gone', () => {
  const other = { ...usual, id: 'ef56gh78' };
  const app = { ...usual, appid: 'xterm' };
  const before = new Map([
    ['ab12cd34', usual],
    ['ef56gh78', other],
  ]);
  const later = { ...usual, runAsUID: '1000' };
  expect(newsOf(before, [later, app])).toEqual({ changed: [app], gone: ['ef56gh78'] });
  const ended = { ...other, status: 'Completed' };
  expect(newsOf(before, [usual, ended])).toEqual({ changed: [ended], gone: [] });
  expect(looksSame(usual, { ...usual, cpuCoresInUse: '0.5' })).toBe(false);
});

test('what is no session in a list hides none of the others', () => {
  const [first, second] = rawsIn([null, usual]).map((raw) => new Session(raw));
  expect([first?.id, first?.status, second?.name]).toEqual(['', '', 'fit-1']);
});
