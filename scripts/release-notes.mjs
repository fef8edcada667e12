// @ts-check
// Prints what CHANGELOG.md says of the version in package.json.
import { fileURLToPath } from 'node:url';
import { root } from './lib/root.mjs';
import { readText } from './lib/sources.mjs';

/**
 * @param {string} text - the changelog
 * @param {string} version
 */
export function notesOf(text, version) {
  const section = text.split(/^(?=## \[)/m).find((part) => part.startsWith(`## [${version}]`));
  if (section === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}.`);
  return `${section.replace(/^[^\n]*\n+/, '').trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  process.stdout.write(
    notesOf(readText(root, 'CHANGELOG.md'), JSON.parse(readText(root, 'package.json')).version),
  );
