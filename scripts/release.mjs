// @ts-check
// What `npm version` runs after it has set the version of the repository, and before it commits and
// tags: all packages get that version, and the changelog its date. A pushed tag starts the workflow
// that publishes.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './lib/command.mjs';
import { root } from './lib/root.mjs';
import { findFiles, readText } from './lib/sources.mjs';

const workspace = /^(?:(?:packages\/[^/]+|docs|examples|bench|scripts)\/)?package\.json$/;

/**
 * The changelog with its open section dated.
 *
 * @param {string} text
 * @param {string} version
 * @param {string} date - `YYYY-MM-DD`
 */
export function datedChangelog(text, version, date) {
  const heading = /^## \[[^\]]+\] - unreleased\n+(?=\S)(?!## )/m;
  if (!heading.test(text))
    throw new Error('CHANGELOG.md has no "## [X.Y.Z] - unreleased" section that says something.');
  return text.replace(heading, `## [${version}] - ${date}\n\n`);
}

/**
 * Writes the version wherever a package of ours, or what needs one, says it.
 *
 * @param {string} directory
 * @param {string} version
 */
export function setVersion(directory, version) {
  const manifests = findFiles(directory, (path) => workspace.test(path)).map((path) => ({
    path,
    manifest: JSON.parse(readText(directory, path)),
  }));
  const ours = new Set(manifests.map(({ manifest }) => manifest.name));
  for (const { path, manifest } of manifests) {
    manifest.version = version;
    for (const kind of ['dependencies', 'devDependencies', 'peerDependencies'])
      for (const name of Object.keys(manifest[kind] ?? {}))
        if (ours.has(name)) manifest[kind][name] = version;
    writeFileSync(join(directory, path), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  const source = join(directory, 'packages/client/src/version.ts');
  const text = readText(directory, 'packages/client/src/version.ts');
  writeFileSync(source, text.replace(/'\d+\.\d+\.\d+[^']*'/, `'${version}'`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { version } = JSON.parse(readText(root, 'package.json'));
  const today = new Date().toISOString().slice(0, 10);
  const changelog = datedChangelog(readText(root, 'CHANGELOG.md'), version, today);
  writeFileSync(join(root, 'CHANGELOG.md'), changelog);
  setVersion(root, version);
  const { file, args } = npm(['install', '--package-lock-only', '--prefer-offline']);
  execFileSync(file, args, { cwd: root, stdio: 'inherit' });
  execFileSync('git', ['add', '--update'], { cwd: root });
}
