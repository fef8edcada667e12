import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { faultForms, parseFault } from '../../src/faults/parse-fault.js';

describe('a fault as text', () => {
  test.each([
    ['slow-queue', { kind: 'slow-queue' }],
    ['slow', { kind: 'slow', delayMs: 2000 }],
    [
      'slow,delayMs=5,path=/a,b?c=d,e=1,method=GET,every=2,first=3',
      'The fault slow has no setting "e".',
    ],
    [
      'reject-create,message=no room, sorry,first=1',
      { kind: 'reject-create', message: 'no room, sorry', first: 1 },
    ],
    ['clock-skew,skewMs=-5000', { kind: 'clock-skew', skewMs: -5000 }],
    ['', 'There is no fault "".'],
    ['constructor', 'There is no fault "constructor".'],
    ['slow,delayMs=soon', 'The setting delayMs of the fault slow must be a whole number.'],
    ['slow,delayMs=-1', 'The setting delayMs of the fault slow must be a whole number.'],
    ['oidc-down,first=1', 'The fault oidc-down has no setting "first".'],
    ['slow,__proto__=1', 'There is no fault "slow,__proto__=1".'],
  ])('%s', (text, meaning) => {
    if (typeof meaning === 'string') expect(() => parseFault(text)).toThrow(meaning);
    else expect(parseFault(text)).toEqual(meaning);
  });

  test('the documentation lists every fault, and says the same of it', () => {
    const path = fileURLToPath(new URL('../../../../docs/local-platform.md', import.meta.url));
    const [, section = ''] =
      /^\| fault \| what happens \|\n(.*?)\n\n/ms.exec(readFileSync(path, 'utf8')) ?? [];
    const rows = [...section.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)];
    expect(Object.fromEntries(rows.map(([, name, what]) => [name, what]))).toEqual(
      Object.fromEntries(Object.entries(faultForms).map(([name, { what }]) => [name, what])),
    );
  });
});
