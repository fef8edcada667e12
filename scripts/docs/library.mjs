// @ts-check
// The reference of the library: typedoc reads the type declarations of the built packages, with
// the comments of the sources, and its plugin for Markdown writes a page for each entry.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { findFiles, readText } from '../lib/sources.mjs';

/** @typedef {{name: string, types: string, folder: string}} Entry - by the name users import */

/**
 * What programs can import, from the export maps of the packages.
 *
 * @param {string} directory
 * @param {readonly string[]} [folders] - the packages
 * @returns {Entry[]}
 */
export function libraryEntries(directory, folders = ['packages/client', 'packages/platform']) {
  return folders.flatMap((folder) => {
    const { name, exports } = JSON.parse(readText(directory, `${folder}/package.json`));
    return Object.entries(exports).flatMap(([path, target]) => {
      const types = /** @type {{types?: string}} */ (target).types;
      // What only this repository imports is not for users.
      if (types === undefined || path.includes('*')) return [];
      const imported = path === '.' ? name : `${name}${path.slice(1)}`;
      const place = join(directory, folder);
      return [{ name: imported, types: join(place, types), folder: place }];
    });
  });
}

/** What the pages hold, and how they look. */
const appearance = {
  router: 'module',
  readme: 'none',
  entryFileName: 'index',
  hidePageHeader: true,
  hideBreadcrumbs: true,
  useCodeBlocks: true,
  expandParameters: true,
  useCustomAnchors: true,
  preserveAnchorCasing: true,
  useHTMLEncodedBrackets: true,
  sanitizeComments: true,
  indexFormat: 'table',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  typeDeclarationVisibility: 'compact',
  name: 'Library reference',
  sort: ['alphabetical'],
  skipErrorChecking: true,
  excludePrivate: true,
  excludeProtected: true,
  excludeInternal: true,
  excludeExternals: true,
  disableSources: true,
  logLevel: 'Warn',
  pageTitleTemplates: { index: 'Library reference', module: '{name}', member: '{name}' },
};

/**
 * @param {string} directory - the repository, built
 * @returns {Promise<Map<string, string>>} pages by their place on the site
 */
export async function libraryPages(directory) {
  const entries = libraryEntries(directory);
  const absent = entries.find(({ types }) => !existsSync(types));
  if (absent !== undefined) throw new Error(`${absent.types} is missing; run npm run build`);
  const work = mkdtempSync(join(tmpdir(), 'skaha-docs-'));
  try {
    await writePages(directory, work, entries);
    const pages = findFiles(work, (path) => path.endsWith('.md'));
    return new Map(pages.map((path) => [`api/${path}`, readText(work, path)]));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} directory
 * @param {string} work - an empty folder
 * @param {readonly Entry[]} entries
 */
async function writePages(directory, work, entries) {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    types: ['node'],
    typeRoots: [join(directory, 'node_modules/@types')],
    skipLibCheck: true,
    noEmit: true,
  };
  const tsconfig = join(work, 'tsconfig.json');
  const entryPoints = entries.map(({ types }) => types);
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: entryPoints }));
  const modules = join(directory, 'docs/node_modules');
  const { Application } = await import(pathToFileURL(join(modules, 'typedoc/dist/index.js')).href);
  const app = await Application.bootstrapWithPlugins({
    ...appearance,
    plugin: [join(modules, 'typedoc-plugin-markdown/dist/index.js')],
    out: work,
    entryPoints,
    tsconfig,
  });
  // typedoc names modules after their files; programs know them by what they import.
  app.converter.on('resolveBegin', (/** @type {Conversion} */ { project }) => {
    for (const module of project.children ?? []) {
      const entry = entries.find(({ types }) => placeOf(types).endsWith(`/${module.name}`));
      if (entry === undefined) throw new Error(`no entry is called "${module.name}"`);
      module.name = entry.name;
    }
  });
  const project = await app.convert();
  if (project !== undefined) await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc failed');
}

/** @typedef {{project: {children?: {name: string}[]}}} Conversion */

/** @param {string} types */
const placeOf = (types) => types.replaceAll('\\', '/').replace(/(\/index)?\.d\.ts$/, '');
