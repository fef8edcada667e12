import { describe, expect, test } from 'vitest';
import { checkFloors } from '../check-floors.mjs';
import { root } from '../lib/root.mjs';
import { repository } from './fixture.js';

const source = 'packages/skaha/src';

const found = (files: Readonly<Record<string, string>>) => checkFloors(repository(files));

describe('the floors', () => {
  test('hold in this repository', async () => {
    expect(await checkFloors(root)).toEqual([]);
  });

  test('let a room import from below, and the seam name its types', async () => {
    expect(
      await found({
        [`${source}/index.ts`]: "export { call } from './client/core.js';",
        [`${source}/client/core.ts`]:
          "import { runtime } from '#runtime';\nexport const call = runtime;",
        [`${source}/runtime/browser.ts`]: 'export const runtime = 1;',
        [`${source}/runtime/types.ts`]: 'export type Seam = number;',
        [`${source}/config/read.ts`]:
          "import { readFileSync } from 'node:fs';\nimport type { Seam } from '../runtime/types.js';\nexport const read = (): Seam => readFileSync.length;",
        'packages/platform/src/index.ts': "import { wire } from 'skaha/wire';\nexport { wire };",
      }),
    ).toEqual([]);
  });

  test.each([
    [
      'an import from above',
      'errors/a.ts',
      "import '../client/core.js';",
      /"errors" may not import from "client"/,
    ],
    [
      'a type from above',
      'models/a.ts',
      "import type { C } from '../session/b.js';\nexport type D = C;",
      /"models" may not import from "session"/,
    ],
    [
      'a type by import()',
      'models/a.ts',
      "export type D = import('../client/core.js').C;",
      /"models" may not import from "client"/,
    ],
    [
      'a neighbour on the same floor',
      'images.ts',
      "import './session/a.js';",
      /"images" may not import from "session"/,
    ],
    [
      'the seam as a value',
      'config/a.ts',
      "import { seam } from '../runtime/types.js';\nexport { seam };",
      /"config" may not import from "runtime"/,
    ],
    [
      'the command in the library',
      'index.ts',
      "export * from './cli/main.js';",
      /"index" may not import from "cli"/,
    ],
    ['a room without a floor', 'extras/a.ts', 'export const a = 1;', /room "extras" has no floor/],
    [
      'the platform',
      'cli/a.ts',
      "await import('skaha-platform');",
      /the library never imports the platform/,
    ],
    ['itself by name', 'cli/a.ts', "import 'skaha';", /imports itself by relative paths/],
    ['Node outside its rooms', 'client/core.ts', "import 'node:fs';", /works only on Node/],
    ['the runtime from below it', 'hooks/a.ts', "import '#runtime';", /for the floors above it/],
    [
      'a way out of the sources',
      'cli/a.ts',
      "import '../../../platform/src/a.js';",
      /leaves the library's sources/,
    ],
  ])('refuse %s', async (_, file, text, message) => {
    const findings = await found({ [`${source}/${file}`]: text });

    expect(findings.join('\n')).toMatch(message);
    expect(findings[0]).toMatch(new RegExp(`^${source}/${file}:\\d+: `));
  });

  test('refuse Node behind the entry that browsers load', async () => {
    const findings = await found({
      [`${source}/index.ts`]: "export * from './config/read.js';",
      [`${source}/config/read.ts`]: "import { sep } from 'node:path';\nexport { sep };",
    });

    expect(findings).toEqual([
      `${source}/config/read.ts:1: a browser that imports "skaha" would load "node:path" from here`,
    ]);
  });

  test.each([
    ['behaviour by name', "import { SkahaClient } from 'skaha';\nexport { SkahaClient };"],
    ['behaviour by path', "export * from '../../skaha/src/client/core.js';"],
  ])('refuse the platform %s', async (_, text) => {
    const findings = await found({ 'packages/platform/src/index.ts': text });

    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain('the platform may import only "skaha/wire"');
  });
});
