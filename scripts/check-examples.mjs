// @ts-check
// Type-checks every piece of TypeScript in documentation comments and Markdown, against the
// built packages, as a reader who copies it would.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from './lib/command.mjs';
import { runCheck } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { collectSnippets } from './lib/snippets.mjs';

const options = {
  target: 'es2023',
  module: 'nodenext',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * @param {string} directory - repository whose texts are checked
 * @param {string} [modules] - folder with the packages that the texts import
 * @returns {Promise<{checked: number, findings: string[]}>}
 */
export async function checkExamples(directory, modules = join(root, 'node_modules')) {
  const { snippets, problems } = collectSnippets(directory);
  if (snippets.length === 0) return { checked: 0, findings: problems };
  const work = mkdtempSync(join(tmpdir(), 'skaha-examples-'));
  try {
    symlinkSync(modules, join(work, 'node_modules'), 'junction');
    mkdirSync(join(work, 'src'));
    writeFileSync(join(work, 'package.json'), '{"type":"module"}');
    writeFileSync(
      join(work, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, include: ['src'] }),
    );
    for (const [index, snippet] of snippets.entries()) {
      // As many blank lines before it as it has lines above, so that errors name its own lines;
      // `export {}` on the first keeps names of different snippets apart.
      const above = `export {};${'\n'.repeat(snippet.line - 1)}`;
      writeFileSync(join(work, 'src', `${index}.ts`), `${above}${snippet.code}\n`);
    }
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const words = [compiler, '-p', '.', '--pretty', 'false'];
    const { ok, output } = await capture(process.execPath, words, { cwd: work });
    const findings = output
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) =>
        line.replace(/^src\/(\d+)\.ts\((\d+),(\d+)\)/, (_, index, row) => {
          return `${snippets[Number(index)]?.path}:${row}`;
        }),
      );
    return { checked: snippets.length, findings: [...problems, ...(ok ? [] : findings)] };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await runCheck(import.meta, 'Examples', async (directory) => {
  return (await checkExamples(directory)).findings;
});
