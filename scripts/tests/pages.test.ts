import { expect, test } from 'vitest';
import { checkPages } from '../check-pages.mjs';
import { repository } from './fixture.js';

const app = 'packages/dashboard/app';

test('a page imports what every program may, and no other view', () => {
  const directory = repository({
    [`${app}/text.ts`]: "export const t = { hello: 'Hello to everybody' };\n",
    [`${app}/main.tsx`]: "export const load = () => import('./launch/view.js');\n",
    [`${app}/launch/view.tsx`]:
      "import { Session } from 'skaha';\nimport { t } from '../text.js';\nexport const view = [Session, t];\n",
    [`${app}/sessions/view.tsx`]:
      "import { readFileSync } from 'node:fs';\nimport { x } from '../../src/portal.js';\nimport { view } from '../launch/view.js';\nexport { readFileSync, view, x };\n",
    [`${app}/a.ts`]: "export { b } from './b.js';\n",
    [`${app}/b.ts`]: "import './a.js';\nexport const b = 1;\n",
  });
  expect(checkPages(directory)).toEqual([
    `${app}/sessions/view.tsx:1: imports node:fs, which pages may not`,
    `${app}/sessions/view.tsx:2: imports ../../src/portal.js, which is no page`,
    expect.stringMatching(/view\.tsx:3: imports \.\.\/launch\/view\.js of the view launch/),
    `${app}/a.ts:1: imports itself by a.ts → b.ts → a.ts`,
  ]);
});

test('what people read stands in the one file of words', () => {
  const directory = repository({
    [`${app}/text.ts`]: "export const t = { sure: 'Are you sure?' };\n",
    [`${app}/parts/box.tsx`]: `
export const Box = ({ name, onKey }: { name: string; onKey: (key: string) => boolean }) => (
  <div class="card pad wide" role="group" aria-label="A box">
    Some words
    <code>{onKey('Enter') ? 'Not allowed' : name}</code>
    {\`\${name} is here\`}
    {' · '}
  </div>
);
`,
  });
  expect(checkPages(directory)).toEqual(
    [
      [3, 'A box'],
      [4, 'Some words'],
      [5, 'Not allowed'],
      [6, ' is here'],
    ].map(
      ([line, words]) => `${app}/parts/box.tsx:${line}: "${words}" belongs into ${app}/text.ts`,
    ),
  );
});
