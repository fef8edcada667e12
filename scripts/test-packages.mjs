// @ts-check
// `npm run test:packages`: packs the packages, installs them into empty projects as users do, and
// uses them there. Needs the package registry for what they depend on.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { capture, npm } from './lib/command.mjs';
import { contentFindings, packAll } from './lib/packages.mjs';
import { root } from './lib/root.mjs';
import { Steps } from './lib/steps.mjs';

/** @typedef {import('./lib/packages.mjs').Packed} Packed */

/** @type {{packages: Record<string, number>}} */
const { packages: budgets } = JSON.parse(readFileSync(join(root, 'bench/budgets.json'), 'utf8'));
const modules = join(root, 'node_modules');
/** Programs as users write them, each in the language that its name says. */
const programs = join(root, 'scripts/tests/packages');

/** @param {readonly string[]} findings */
const verdict = (findings, note = '') => ({
  ok: findings.length === 0,
  output: findings.join('\n'),
  ...(note === '' ? {} : { note }),
});

/**
 * @param {string} name
 * @param {number} value
 */
function within(name, value) {
  const budget = budgets[name];
  if (budget === undefined) return [`bench/budgets.json has no budget for ${name}`];
  return value <= budget ? [] : [`${name}: ${value}, ${budget} at most`];
}

/** An empty project with packages installed from their tarballs. */
class Project {
  /** @param {string} folder */
  constructor(folder) {
    this.folder = folder;
  }

  /** @param {readonly string[]} tarballs */
  async make(...tarballs) {
    cpSync(programs, this.folder, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), '{"private":true,"type":"module"}');
    const { file, args } = npm(['install', '--no-audit', '--no-fund', '--prefer-offline']);
    return capture(file, [...args, '--omit=dev', ...tarballs], { cwd: this.folder });
  }

  /**
   * @param {string} file
   * @param {readonly string[]} args
   */
  run(file, args) {
    const home = join(this.folder, 'home');
    mkdirSync(home, { recursive: true });
    const env = { PATH: process.env['PATH'], HOME: home, DENO_NO_UPDATE_CHECK: '1' };
    return capture(file, args, { cwd: this.folder, env });
  }
}

/** @param {readonly Packed[]} packed */
async function lint(packed) {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const findings = [];
  for (const { name, file, stage } of packed) {
    const { messages, pkg } = await publint({ pkgDir: stage, strict: true, level: 'warning' });
    findings.push(...messages.map((message) => `${name}: ${formatMessage(message, pkg)}`));
    const attw = join(modules, '@arethetypeswrong/cli/dist/index.js');
    const words = [attw, file, '--profile', 'esm-only', '--format', 'ascii'];
    const { ok, output } = await capture(process.execPath, words);
    if (!ok) findings.push(`${name}: ${output}`);
  }
  return verdict(findings);
}

/** @param {string} folder */
async function bundleForBrowser(folder) {
  const { build } = await import('esbuild');
  const { outputFiles, metafile } = await build({
    stdin: { contents: "export { SkahaClient } from 'skaha';", resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    write: false,
    metafile: true,
    outdir: join(folder, 'out'),
    splitting: true,
  });
  const node = Object.values(metafile.inputs).flatMap(({ imports }) =>
    imports.filter(({ path }) => path.startsWith('node:')).map(({ path }) => `imports ${path}`),
  );
  const sizes = outputFiles.map(({ contents }) => gzipSync(contents).length);
  const kilobytes = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
  return verdict(
    [...node, ...within('browserKilobytesCompressed', kilobytes)],
    `${kilobytes} kB compressed`,
  );
}

/**
 * The types that a program sees; attw has looked how each way of finding modules comes to them.
 *
 * @param {Project} project
 */
function checkTypes(project) {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'dom', 'esnext.disposable'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const settings = JSON.stringify({ compilerOptions, files: ['typed.ts'] });
  writeFileSync(join(project.folder, 'tsconfig.json'), settings);
  return project.run(process.execPath, [join(modules, 'typescript/bin/tsc'), '-p', '.']);
}

/**
 * @param {Project} project
 * @param {Packed} packed
 */
async function checkCommand(project, packed) {
  const command = join(project.folder, 'node_modules/.bin/skaha');
  const answers = await Promise.all(
    [['--version'], ['--help'], ['config', 'path']].map((words) => project.run(command, words)),
  );
  const lock = readFileSync(join(project.folder, 'node_modules/.package-lock.json'), 'utf8');
  const installed = Object.keys(JSON.parse(lock).packages);
  const kilobytes = Math.ceil(packed.unpackedSize / 1024);
  return verdict(
    [
      ...answers.filter(({ ok }) => !ok).map(({ output }) => output),
      ...within('installedFiles', packed.paths.length),
      ...within('installedKilobytes', kilobytes),
      ...within('installedPackages', installed.length),
    ],
    `${packed.paths.length} files, ${kilobytes} kB, ${installed.length} packages`,
  );
}

/** @param {Project} project */
async function checkOtherRuntimes(project) {
  const folder = join(root, 'runtimes/node_modules');
  const tried = [
    { file: join(folder, 'bun/bin/bun.exe'), args: ['run', 'modules.mjs'] },
    { file: join(folder, 'deno/deno'), args: ['run', '--allow-all', '--quiet', 'modules.mjs'] },
  ].filter(({ file }) => existsSync(file));
  if (tried.length === 0) return verdict([], 'none here; npm run test:runtimes brings them');
  const findings = [];
  for (const { file, args } of tried) {
    const { ok, output } = await project.run(file, args);
    if (!ok || !output.includes('works')) findings.push(`${file}: ${output}`);
  }
  return verdict(findings, `${tried.length} tried`);
}

async function main() {
  const steps = new Steps();
  const { folder, packed } = await packAll();
  const [library, platform] = packed;
  if (library === undefined || platform === undefined) throw new Error('nothing was packed');
  try {
    await steps.run('what is packed', () => verdict(packed.flatMap(contentFindings)));
    await steps.run('export maps and types', () => lint(packed));
    const alone = new Project(join(folder, 'alone'));
    await steps.run('install of the library', () => alone.make(library.file));
    await steps.run('ES modules', () => alone.run(process.execPath, ['modules.mjs']));
    await steps.run('CommonJS', () => alone.run(process.execPath, ['common.cjs']));
    await steps.run('types', () => checkTypes(alone));
    await steps.run('bundle for browsers', () => bundleForBrowser(alone.folder));
    await steps.run('command', () => checkCommand(alone, library));
    await steps.run('Bun and Deno', () => checkOtherRuntimes(alone));
    const both = new Project(join(folder, 'both'));
    await steps.run('install of both', () => both.make(library.file, platform.file));
    await steps.run('a session on the platform', () => both.run(process.execPath, ['session.mjs']));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return steps.failed.length === 0 ? 0 : 1;
}

process.exitCode = await main();
