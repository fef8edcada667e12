// @ts-check
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { root } from '../lib/root.mjs';
import { libraries, packChunks, withoutIdleImports } from './pack.mjs';

const [command, library] = ['packages/cli/dist', 'packages/client/dist'];
const terminal = 'packages/terminal/dist';
const output = join(root, library, 'command');

/**
 * Files that are always loaded together, by the modules that they are for. What a short command
 * loads comes from few files: finding and opening each costs as much as running what is in it.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const packs = {
  // `--version`.
  main: [`${command}/main.js`],
  // Every other command line.
  front: [`${command}/process.js`],
  // A call to a server, as `ps` makes it.
  call: [
    `${command}/environment/deps.js`,
    `${command}/environment/connect.js`,
    `${command}/configuration/console.js`,
    `${command}/environment/log.js`,
    `${command}/output/make-io.js`,
    `${terminal}/parse/command-line.js`,
    `${command}/commands/session/definitions.js`,
    `${command}/commands/session/list.js`,
    `${library}/client.js`,
    `${library}/runtime/connection.js`,
    `${library}/transport/node.js`,
  ],
  // What `create` needs beside that, and for many sessions at once.
  launch: [
    `${command}/commands/create/definitions.js`,
    `${command}/commands/create/run.js`,
    `${command}/commands/session/wait.js`,
    `${library}/history.js`,
    `${library}/models/resources.js`,
    `${library}/session/wait.js`,
  ],
  batch: [`${library}/batch/index.js`, `${library}/batch/journal-files.js`],
  // What a call needs beside it where there is no socket.
  secure: [`${library}/transport/node-tls.js`, `${library}/auth/certificate.js`],
};

/**
 * Puts files in the place of those of the last build, which somebody may be running: it is never
 * without them for longer than two renamings.
 *
 * @param {readonly {name: string, code: string}[]} files
 */
async function replaceFolder(files) {
  const [draft, former] = [`${output}.${process.pid}.new`, `${output}.${process.pid}.old`];
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await Promise.all(files.map(({ name, code }) => writeFile(join(draft, name), code)));
  await rename(output, former).catch(() => undefined);
  await rename(draft, output).catch(async () => {
    // Another build was quicker.
    await rm(output, { recursive: true, force: true });
    await rename(draft, output);
  });
  await rm(former, { recursive: true, force: true });
}

/**
 * Bundles what one module of ours exports of other people's, apart from all else: esbuild would put
 * what it shares with the library, which is all of zod, into what every command loads.
 *
 * @param {typeof import('esbuild').build} build
 * @param {Set<string>} taken - packages that went in
 * @returns {import('esbuild').Plugin}
 */
const apart = (build, taken) => ({
  name: 'apart',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\.\/sdk\.js$/ }, ({ path, resolveDir }) => {
      return { path: join(resolveDir, path), namespace: libraries };
    });
    onLoad({ filter: /./, namespace: libraries }, async ({ path }) => {
      const { metafile, outputFiles } = await build({
        absWorkingDir: root,
        entryPoints: [path],
        write: false,
        metafile: true,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20.19',
        minify: true,
        legalComments: 'none',
        logLevel: 'silent',
      });
      addPackages(metafile, taken);
      return { contents: outputFiles[0]?.text ?? '' };
    });
  },
});

/**
 * Lets the command import each name of the library from the module that has it. By way of an entry,
 * esbuild would take all that the entry exports for needed wherever one name of it is.
 *
 * @returns {Promise<import('esbuild').Plugin>}
 */
async function direct() {
  const { exports } = JSON.parse(await readFile(join(root, library, '../package.json'), 'utf8'));
  /** @type {Map<string, Map<string, {place: string, own: string}>>} */
  const entries = new Map();
  const known = new Map();
  for (const [entry, { default: usual, node: file = usual }] of Object.entries(exports))
    if (typeof file === 'string' && !file.includes('*'))
      entries.set(
        entry.replace(/^\./, 'skaha'),
        await handedOn(join(root, library, '..', file), known),
      );
  /** @param {string} entry @param {string} names */
  const imports = (entry, names) =>
    namesIn(names).map((name) => {
      const [wanted = '', as = wanted] = name.split(' as ');
      const found = entries.get(entry)?.get(wanted);
      // What the entry has of its own is in no other module.
      const [own, place] = found === undefined ? [wanted, entry] : [found.own, found.place];
      return `import { ${own} as ${as} } from ${JSON.stringify(place)};`;
    });
  return {
    name: 'direct',
    setup: ({ onLoad }) => {
      onLoad({ filter: /[\\/]packages[\\/]cli[\\/]dist[\\/].*\.js$/ }, async ({ path }) => {
        const code = await readFile(path, 'utf8');
        const contents = code.replace(
          /import \{([^}]*)\} from '(skaha(?:\/\w+)*)';/g,
          (_, names, entry) => imports(entry, names).join(' '),
        );
        return { contents };
      });
    },
  };
}

/**
 * Where each name that a module hands on comes from, and what it is called there.
 *
 * @param {string} file
 * @param {Map<string, Promise<Map<string, {place: string, own: string}>>>} known - added to, by file
 * @returns {Promise<Map<string, {place: string, own: string}>>}
 */
function handedOn(file, known) {
  const found = known.get(file) ?? read(file, known);
  known.set(file, found);
  return found;
}

/** @type {typeof handedOn} */
async function read(file, known) {
  const names = new Map();
  if (!file.startsWith(root)) return names;
  const code = await readFile(file, 'utf8');
  for (const [, list = '', from = ''] of code.matchAll(/export \{([^}]*)\} from '([^']+)';/g)) {
    const place = from.startsWith('.') ? join(dirname(file), from) : from;
    const beyond = await handedOn(place, known);
    for (const name of namesIn(list)) {
      const [own = '', as = own] = name.split(' as ');
      names.set(as, beyond.get(own) ?? { place, own });
    }
  }
  return names;
}

/** @param {string} list - between brackets */
const namesIn = (list) =>
  list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');

/**
 * @param {import('esbuild').Metafile} metafile
 * @param {Set<string>} taken - added to: folders of packages of others
 */
function addPackages({ inputs }, taken) {
  for (const path of Object.keys(inputs)) {
    const found = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
    if (found !== undefined) taken.add(found);
  }
}

/**
 * The licences of what others wrote, which must go along with it.
 *
 * @param {ReadonlySet<string>} taken
 */
async function licences(taken) {
  const texts = [...taken].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(
      await readFile(join(root, folder, 'package.json'), 'utf8'),
    );
    const file = (await readdir(join(root, folder))).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : await readFile(join(root, folder, file), 'utf8');
    return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join(`\n${'-'.repeat(72)}\n\n`);
}

/**
 * Puts the command and what it needs into few files, split where it loads on demand: most of the
 * time of a short command went into finding and reading hundreds of small modules. They are
 * CommonJS, which starts sooner than the modules of the library.
 */
export async function bundleCommand() {
  const { build, transform } = await import('esbuild');
  /** @type {Set<string>} */
  const taken = new Set();
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${command}/main.js`],
    outdir: output,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Names stay: they are what a stack trace shows under --debug.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: false,
    legalComments: 'linked',
    logLevel: 'silent',
    plugins: [apart(build, taken), await direct()],
  });
  addPackages(metafile, taken);
  const modules = outputFiles.filter(({ path }) => path.endsWith('.js'));
  const needed = withoutIdleImports(
    modules.map(({ path, text }) => ({ name: basename(path), code: text })),
    metafile,
  );
  const chunks = await Promise.all(
    needed.chunks.map(async ({ name, code }) => {
      const options = /** @type {const} */ ({
        format: 'cjs',
        platform: 'node',
        target: 'node20.19',
        minifySyntax: true,
        minifyWhitespace: true,
        define: { 'import.meta.url': '__filename' },
      });
      return { name, code: (await transform(code, options)).code };
    }),
  );
  const files = packChunks(chunks, needed.metafile, packs);
  const texts = outputFiles.filter(({ path }) => !path.endsWith('.js'));
  files.push(...texts.map(({ path, text }) => ({ name: basename(path), code: text })));
  files.push({ name: 'licences.txt', code: await licences(taken) });
  files.push({ name: 'package.json', code: '{"type":"commonjs"}\n' });
  const loader = await readFile(new URL('packs.cjs', import.meta.url), 'utf8');
  files.push({ name: 'packs.js', code: loader });
  await replaceFolder(files);
}
