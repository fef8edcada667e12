import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { folder, keysIn, run, top } from './programs.js';

/** Blocks of one language under the headings of a page, in order. */
function blocks(page: string, language: string, heading?: string): string[] {
  const text = readFileSync(join(top, page), 'utf8');
  const sections = text.split(/^(?=##? )/m);
  const wanted = heading === undefined ? sections : sections.filter((s) => s.includes(heading));
  const found = wanted.flatMap((section) =>
    [...section.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
      ([, code]) => code ?? '',
    ),
  );
  expect(found, `${language} under "${heading}" of ${page}`).not.toEqual([]);
  return found;
}

const command = join(top, 'packages/client/bin/skaha.js');

/**
 * What `npx skaha` runs, without npx, which takes several times as long as the command: that it finds
 * the command, the first line of the README proves.
 */
const withoutNpx = `npx() {
  if [ "$1" = skaha ]; then shift; '${process.execPath}' '${command}' "$@"; else command npx "$@"; fi
}`;

/** Runs lines as a reader with this home would type them; the platform is stopped in any case. */
async function typed(lines: string, home: string, cwd = top) {
  const ended = await run('bash', ['-euo', 'pipefail', '-c', lines], { home, cwd });
  await run(process.execPath, [command, 'platform', 'stop'], { home });
  return ended;
}

describe('what the documents tell the reader to type', () => {
  test('README: from TypeScript, then from a shell', async () => {
    const home = folder();
    // Inside the clone, so that the program finds the package.
    mkdirSync(join(top, 'node_modules/.cache'), { recursive: true });
    const work = mkdtempSync(join(top, 'node_modules/.cache/readme-'));
    onTestFinished(() => rmSync(work, { recursive: true, force: true }));
    const program = join(work, 'hello.mjs');
    writeFileSync(program, blocks('README.md', 'ts', '## From TypeScript').join('\n'));

    const ended = await typed(
      [
        ...blocks('README.md', 'sh', '## From TypeScript'),
        withoutNpx,
        `node '${program}'`,
        ...blocks('README.md', 'sh', '## From a shell'),
      ].join('\n'),
      home,
    );

    expect(ended.stderr).not.toContain('Error');
    expect(ended.status).toBe(0);
    expect(ended.stdout.match(/^REPLICA_COUNT=3$/gm)).toHaveLength(4);
  });

  test('Get started, steps 2 to 5', async () => {
    const lines = ['## 2.', '## 3.', '## 4.', '## 5.'].flatMap((step) =>
      blocks('docs/get-started.md', 'sh', step),
    );

    const home = folder();
    keysIn(home);
    const ended = await typed([withoutNpx, ...lines].join('\n'), home);

    expect(ended.stdout).toMatch(/^hello$/m);
    expect(ended.status).toBe(0);
  });

  test('the star catalogue from a shell', async () => {
    const home = folder();
    keysIn(home);
    const [lines = ''] = blocks(
      'examples/star-catalogue/README.md',
      'sh',
      '## The same from a shell',
    );
    // The packages are built, and files that the reader makes in the clone go elsewhere here.
    const here = lines
      .replace('npm run build\n', '')
      .replaceAll(/(?<=[> <])ids\.txt|(?<=" )\.$/gm, (word) =>
        word === '.' ? `"${home}"` : `"${home}/ids.txt"`,
      );

    const ended = await typed(`${withoutNpx}\nnpx skaha platform start --detach\n${here}`, home);

    expect(ended.stdout).toContain('118216 stars from 8 parts');
    expect(ended.status).toBe(0);
    expect(existsSync(join(home, 'star-catalogue.svg'))).toBe(true);
  });
});
