// How imports are found for the check of imports: `x.js` stands for the source `x.ts`, and a
// package of this repository for its sources.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

const names = readdirSync(join(root, 'packages'));

/** The sources of what a published package offers, by the name that users import. */
function entries(/** @type {string} */ folder) {
  const directory = join(root, 'packages', folder);
  const { name, exports } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  /** @type {[string, {default?: string}][]} */
  const offered = Object.entries(exports);
  return offered.flatMap(([path, { default: built }]) => {
    if (built === undefined || path.includes('*')) return [];
    const source = join(directory, built.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts'));
    return [[`${name}${path.slice(1)}$`, source]];
  });
}

export default {
  resolve: {
    extensions: ['.ts', '.js', '.mjs', '.json'],
    extensionAlias: { '.js': ['.ts', '.js'] },
    conditionNames: ['node', 'import', 'types', 'default'],
    alias: Object.fromEntries([
      ...names.map((name) => [`@skaha/${name}`, join(root, 'packages', name, 'src')]),
      ['skaha/internal', join(root, 'packages/client/src')],
      ['skaha-platform/internal', join(root, 'packages/platform/src')],
      ...entries('client'),
      ...entries('platform'),
    ]),
  },
};
