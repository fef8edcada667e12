// @ts-check
// `npm run release`: says what the next release would be. With `--apply` it sets the version
// everywhere, dates the changelog, commits and tags. Publishing is the workflow's, which a pushed
// tag starts.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { root } from './lib/root.mjs';
import { readText } from './lib/sources.mjs';

const manifests = ['package.json', 'packages/client', 'packages/platform', 'docs', 'examples']
  .concat('packages/platform-kubernetes', 'bench', 'scripts')
  .map((path) => (path.endsWith('.json') ? path : `${path}/package.json`));
const dependencyKinds = ['dependencies', 'devDependencies', 'peerDependencies'];
const ours = new Set(['skaha', 'skaha-platform', 'skaha-platform-kubernetes']);
const steps = /** @type {const} */ (['major', 'minor', 'patch']);

/** @typedef {(typeof steps)[number]} Step */

/**
 * The step that Conventional Commits ask for. Below 1.0.0 what breaks is a minor step.
 *
 * @param {readonly string[]} messages - whole commit messages
 * @param {string} current - the version so far
 * @returns {Step | undefined} undefined when nothing happened that users notice
 */
export function stepFor(messages, current) {
  const breaks = messages.some((text) => /^\w+(\([^)]*\))?!:|^BREAKING[ -]CHANGE:/m.test(text));
  if (breaks) return current.startsWith('0.') ? 'minor' : 'major';
  if (messages.some((text) => /^feat(\(|:)/.test(text))) return 'minor';
  return messages.some((text) => /^(fix|perf)(\(|:)/.test(text)) ? 'patch' : undefined;
}

/**
 * @param {string} version
 * @param {Step} step
 */
export function stepped(version, step) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  if (step === 'major') return `${major + 1}.0.0`;
  return step === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

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
 * @param {Record<string, any>} manifest - a package.json, or its entry in the lock file
 * @param {string} version
 */
function mark(manifest, version) {
  manifest['version'] = version;
  for (const kind of dependencyKinds)
    for (const name of Object.keys(manifest[kind] ?? {}))
      if (ours.has(name)) manifest[kind][name] = version;
}

/**
 * Writes the version wherever it stands.
 *
 * @param {string} directory
 * @param {string} version
 * @returns {string[]} the files that changed
 */
export function setVersion(directory, version) {
  const changed = manifests.filter((path) => existsSync(join(directory, path)));
  for (const path of changed) {
    const manifest = JSON.parse(readText(directory, path));
    mark(manifest, version);
    writeFileSync(join(directory, path), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  if (existsSync(join(directory, 'package-lock.json'))) {
    const lock = JSON.parse(readText(directory, 'package-lock.json'));
    lock.version = version;
    for (const [path, entry] of Object.entries(lock.packages))
      if (!path.includes('node_modules/')) mark(entry, version);
    writeFileSync(join(directory, 'package-lock.json'), `${JSON.stringify(lock, null, 2)}\n`);
    changed.push('package-lock.json');
  }
  const source = 'packages/client/src/version.ts';
  writeFileSync(
    join(directory, source),
    readText(directory, source).replace(/'\d+\.\d+\.\d+[^']*'/, `'${version}'`),
  );
  return [...changed, source];
}

/**
 * @param {string} directory
 * @param {...string} args
 */
const git = (directory, ...args) =>
  execFileSync('git', args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/**
 * Whole messages since the last release.
 *
 * @param {string} directory
 */
function messagesSinceRelease(directory) {
  const tag = git(directory, 'tag', '--list', 'v*', '--sort=-v:refname').split('\n')[0];
  const log = git(directory, 'log', '--format=%B%x00', ...(tag ? [`${tag}..HEAD`] : []));
  return {
    tag,
    messages: log
      .split('\0')
      .map((text) => text.trim())
      .filter(Boolean),
  };
}

/**
 * What the next release is.
 *
 * @param {string} directory
 * @param {string | undefined} asked - a version or a step
 */
function nextVersion(directory, asked) {
  const current = JSON.parse(readText(directory, 'package.json')).version;
  const { tag, messages } = messagesSinceRelease(directory);
  const known = steps.find((step) => step === asked);
  if (asked !== undefined && known === undefined) {
    if (!/^\d+\.\d+\.\d+$/.test(asked)) throw new Error(`${asked} is no version.`);
    return { version: asked, count: messages.length };
  }
  const step = known ?? stepFor(messages, current);
  // The first release has the version that the changelog speaks of.
  if (tag === undefined || tag === '') return { version: current, count: messages.length };
  if (step === undefined) throw new Error(`Nothing to release since ${tag}.`);
  return { version: stepped(current, step), count: messages.length };
}

/**
 * @param {string} directory
 * @param {readonly string[]} args
 * @param {Date} today
 * @returns {string} what was done, or would be
 */
export function release(directory, args, today) {
  const { values } = parseArgs({
    args: [...args],
    options: { apply: { type: 'boolean' }, version: { type: 'string' } },
  });
  const { version, count } = nextVersion(directory, values.version);
  const date = today.toISOString().slice(0, 10);
  const changelog = datedChangelog(readText(directory, 'CHANGELOG.md'), version, date);
  const summary = `${version}, with ${count} commits`;
  if (values.apply !== true)
    return `The next release is ${summary}. Nothing was changed; --apply does it.`;
  if (git(directory, 'status', '--porcelain').trim() !== '')
    throw new Error('There are changes that are not committed.');
  const files = setVersion(directory, version);
  writeFileSync(join(directory, 'CHANGELOG.md'), changelog);
  git(directory, 'add', 'CHANGELOG.md', ...files);
  git(directory, 'commit', '--quiet', '-m', `chore(release): ${version}`);
  git(directory, 'tag', '-a', `v${version}`, '-m', `skaha ${version}`);
  return `Released ${summary}. Publish it with: git push --follow-tags`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(`${release(root, process.argv.slice(2), new Date())}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
