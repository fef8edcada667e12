import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { smallHeap } from '../../src/control/detached.js';

test('the image of the platform gives Node the same options as a platform of its own process', () => {
  const path = new URL('../../../../container/platform/Dockerfile', import.meta.url);
  const command = JSON.stringify(['node', ...smallHeap, 'serve.mjs']).replaceAll(',', ', ');
  expect(readFileSync(path, 'utf8')).toContain(`\nENTRYPOINT ${command}\n`);
});
