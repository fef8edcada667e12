// @ts-check
// The reference of the library: typedoc reads the type declarations of the built packages, with
// the comments of the sources, and `render.mjs` writes a page for each entry.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../lib/command.mjs';
import { readText } from '../lib/sources.mjs';
import { modulePage } from './render.mjs';

/** @typedef {import('./model.js').Declaration} Declaration */
/** @typedef {{name: string, types: string, page: string}} Entry */

/**
 * What programs can import, from the export maps of the packages.
 *
 * @param {string} directory
 * @returns {Entry[]}
 */
export function libraryEntries(directory) {
  return ['packages/client', 'packages/platform'].flatMap((folder) => {
    const { name, exports } = JSON.parse(readText(directory, `${folder}/package.json`));
    return Object.entries(exports).flatMap(([path, target]) => {
      const types = /** @type {{types?: string}} */ (target).types;
      // What only this repository imports is not for users.
      if (types === undefined || path.includes('*')) return [];
      const imported = path === '.' ? name : `${name}${path.slice(1)}`;
      const page = `reference/library/${imported.replaceAll('/', '-')}.md`;
      return [{ name: imported, types: join(directory, folder, types), page }];
    });
  });
}

/**
 * @param {string} directory - the repository, built
 * @param {readonly Entry[]} entries
 * @returns {Promise<Declaration[]>} a module for each entry, in the same order
 */
async function describe(directory, entries) {
  const work = mkdtempSync(join(tmpdir(), 'skaha-docs-'));
  try {
    const project = join(work, 'tsconfig.json');
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable', 'dom'],
      types: ['node'],
      typeRoots: [join(directory, 'node_modules/@types')],
      skipLibCheck: true,
      noEmit: true,
    };
    const files = entries.map(({ types }) => types);
    writeFileSync(project, JSON.stringify({ compilerOptions, files }));
    const output = join(work, 'library.json');
    const switches = ['skipErrorChecking', 'excludePrivate', 'excludeProtected', 'excludeInternal'];
    const outcome = await capture(process.execPath, [
      join(directory, 'docs/node_modules/typedoc/bin/typedoc'),
      '--json',
      output,
      ...[...switches, 'disableSources'].map((name) => `--${name}`),
      '--sort',
      'alphabetical',
      '--tsconfig',
      project,
      ...files.flatMap((file) => ['--entryPoints', file]),
    ]);
    if (!outcome.ok) throw new Error(`typedoc failed:\n${outcome.output}`);
    /** @type {{children: Declaration[], symbolIdMap?: unknown}} */
    const found = JSON.parse(readFileSync(output, 'utf8'));
    return inOrder(found.children, entries);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * typedoc names modules after their files and sorts them.
 *
 * @param {readonly Declaration[]} modules
 * @param {readonly Entry[]} entries
 */
function inOrder(modules, entries) {
  return entries.map(({ name, types }) => {
    const path = types.replaceAll('\\', '/').replace(/(\/index)?\.d\.ts$/, '');
    const module = modules.find((each) => path.endsWith(`/${each.name}`));
    if (module === undefined) throw new Error(`typedoc says nothing of "${name}"`);
    return module;
  });
}

/**
 * @param {string} directory - the repository, built
 * @returns {Promise<Map<string, string>>} pages by their place on the site
 */
export async function libraryPages(directory) {
  const entries = libraryEntries(directory);
  const absent = entries.find(({ types }) => !existsSync(types));
  if (absent !== undefined) throw new Error(`${absent.types} is missing; run npm run build`);
  const modules = await describe(directory, entries);
  /** @type {Map<unknown, {page: string, name: string}>} */
  const places = new Map();
  for (const [index, module] of modules.entries()) {
    const page = entries[index]?.page ?? '';
    for (const child of module.children ?? []) {
      if (child.target !== undefined) continue;
      places.set(child.id, { page, name: child.name });
      for (const member of child.children ?? [])
        places.set(member.id, {
          page,
          name: member.signatures === undefined ? child.name : `${child.name}.${member.name}`,
        });
    }
  }
  /** @param {unknown} id */
  const locate = (id) => {
    const place = places.get(id);
    return place && `./${place.page.replace('reference/library/', '')}#${place.name}`;
  };
  const pages = new Map(
    modules.map((module, index) => {
      const { name = '', page = '' } = entries[index] ?? {};
      return [page, modulePage(name, module, locate)];
    }),
  );
  pages.set('reference/library.md', overviewPage(modules, entries));
  return pages;
}

/**
 * @param {readonly Declaration[]} modules
 * @param {readonly Entry[]} entries
 */
function overviewPage(modules, entries) {
  const lines = entries.flatMap(({ name, page }, index) => {
    const links = (modules[index]?.children ?? []).map(
      (child) => `[${child.name}](./${page.replace('reference/', '')}#${child.name})`,
    );
    return [`## ${name}`, '', links.join(' · '), ''];
  });
  return [
    '# Library reference',
    '',
    'Everything that programs can import, from the comments in the sources. The [guide](../library.md)',
    'shows how the parts go together.',
    '',
    ...lines,
  ].join('\n');
}
