import { expect, test } from 'vitest';
import { comparable, record, recorded } from '../../docs/tools/recording.mjs';
import { noTerminal } from '../../packages/cli/tests/pseudo-terminal.js';

test.skipIf(noTerminal !== undefined)(
  'the first ten minutes of Get started are as they were recorded',
  async () => {
    const shown = comparable(recorded());
    expect(shown).toContain('<id 1>');
    // Line by line: a difference is easier to find.
    const steps = (text: string) => text.split(/ (?=\$ )/);
    expect(steps(comparable(await record()))).toEqual(steps(shown));
  },
);

test('ids, times and addresses are no difference, and everything else is', () => {
  const one = 'created ab12cd34 (a)\nab12cd34 3s ago https://127.0.0.1:4000/skaha\na: Pending\n';
  const other = 'created zz99yy88 (a)\nzz99yy88   2m3s ago\nhttps://127.0.0.1:51234/skaha\n';
  expect(comparable(one)).toBe(comparable(other));
  expect(comparable(one)).not.toBe(comparable(one.replace('(a)', '(b)')));
  const ends = ['a (ab12cd34): Completed', 'b (ef56gh78): Failed'];
  const both = (lines: string[]) =>
    comparable(`created ab12cd34 (a)\ncreated ef56gh78 (b)\n${lines.join('\n')}\n`);
  expect(both(ends)).toBe(both(ends.toReversed()));
  expect(both(ends)).not.toBe(both(ends.slice(1)));
});
