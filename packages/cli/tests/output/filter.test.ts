import { meets } from '@skaha/terminal/output/filter.js';
import { describe, expect, test } from 'vitest';
import { readFilter } from '../../src/parse/filter.js';

const session = {
  name: 'fit-1',
  status: 'Succeeded',
  type: 'headless',
  image: 'images.canfar.net/skaha/astroml:latest',
  kinds: ['notebook', 'headless'],
  appid: null,
  requested: { cores: 2 },
};

describe('a filter', () => {
  test.each([
    ['name=fit-*', true],
    ['name=fit', false],
    ['name=it-1', false],
    ['name=f?t-1', true],
    ['name=FIT-1', false],
    ['name=a,fit-1,b', true],
    ['name!=fit-*', false],
    ['name!=a,b', true],
    ['status=completed', true],
    ['status=SUCC*', false],
    ['status=Comp*', true],
    ['status!=Running,Failed', true],
    ['type=HeadLess', true],
    ['image=*/astroml:*', true],
    ['image=images.canfar.net', false],
    ['image=images?canfar?net*', true],
    ['kinds=notebook', true],
    ['kinds!=notebook', false],
    ['kinds=carta', false],
    ['appid=', true],
    ['name=', false],
    ['appid!=', false],
    ['requested.cores=2', true],
    ['name=fit-1=2', false],
    ['constructor=Running', false],
  ])('%s fits: %s', (text, expected) => {
    expect(meets(session, readFilter(text, undefined))).toBe(expected);
  });

  test.each(['name', '=x', 'name>3', ''])('%j is none', (text) => {
    expect(() => readFilter(text, undefined)).toThrow(
      expect.objectContaining({ code: 'command.usage', message: `'${text}' is not a filter.` }),
    );
  });

  test('names a field that exists', () => {
    const known = { names: ['type'], aliases: { kind: 'type' } };
    expect(meets(session, readFilter('kind=headless', known))).toBe(true);
    expect(() => readFilter('stats=x', known)).toThrow("There is no field 'stats'.");
  });
});

test.each([
  ['status=Faild', "Did you mean 'Failed'?"],
  ['status=Running,Pendng', "Did you mean 'Pending'?"],
  ['status!=Complted', "Did you mean 'Completed'?"],
  ['kind=notebok', "Did you mean 'notebook'?"],
])('%s can match nothing, and is told', (text, hint) => {
  expect(() => readFilter(text, undefined)).toThrow(expect.objectContaining({ hint }));
});

test.each(['status=Held', 'status=Fail*', 'status=succeeded', 'name=faild', 'kind=imaging'])(
  '%s may be of a newer server, or of another field',
  (text) => {
    expect(() => readFilter(text, undefined)).not.toThrow();
  },
);
