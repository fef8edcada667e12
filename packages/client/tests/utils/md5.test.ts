import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Md5 } from '../../src/utils/md5.js';

test('agrees with the usual one, however the bytes come', () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), (chunks) => {
      const ours = new Md5();
      const theirs = createHash('md5');
      for (const chunk of chunks) {
        ours.update(chunk);
        theirs.update(chunk);
        expect(ours.digest()).toBe(theirs.copy().digest('hex'));
      }
      expect(ours.digest()).toBe(theirs.digest('hex'));
    }),
  );
});
