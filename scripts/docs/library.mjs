// @ts-check
// The reference of the library: typedoc reads the type declarations of the built packages, with
// the comments of the sources, and its plugin for Markdown writes a page for each entry.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '../lib/command.mjs';
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

/** How the pages look. */
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
    await describe(directory, work, entries);
    const pages = findFiles(join(work, 'pages'), (path) => path.endsWith('.md'));
    return new Map(
      pages.map((path) => [`api/${path}`, readFileSync(join(work, 'pages', path), 'utf8')]),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} directory
 * @param {string} work - an empty folder
 * @param {readonly {name: string, types: string}[]} entries
 */
async function describe(directory, work, entries) {
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
  writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  // typedoc names modules after their files; programs know them by what they import.
  const names = entries.map(({ name, types }) => [
    types.replaceAll('\\', '/').replace(/(\/index)?\.d\.ts$/, ''),
    name,
  ]);
  const naming = `
    const names = ${JSON.stringify(names)};
    export function load(app) {
      app.converter.on('resolveBegin', (context) => {
        for (const module of context.project.children ?? []) {
          const [, name] = names.find(([path]) => path.endsWith('/' + module.name)) ?? [];
          if (name === undefined) throw new Error(\`no entry is called "\${module.name}"\`);
          module.name = name;
        }
      });
    }`;
  writeFileSync(join(work, 'names.mjs'), naming);
  const options = {
    ...appearance,
    plugin: ['typedoc-plugin-markdown', join(work, 'names.mjs')],
    out: join(work, 'pages'),
    entryPoints: files,
    tsconfig: join(work, 'tsconfig.json'),
    name: 'Library reference',
    ...{ skipErrorChecking: true, excludePrivate: true, excludeProtected: true },
    ...{ excludeInternal: true, excludeExternals: true, disableSources: true },
    sort: ['alphabetical'],
  };
  writeFileSync(join(work, 'typedoc.json'), JSON.stringify(options));
  const typedoc = join(directory, 'docs/node_modules/typedoc/bin/typedoc');
  const words = [typedoc, '--options', join(work, 'typedoc.json')];
  const outcome = await capture(process.execPath, words, { cwd: join(directory, 'docs') });
  if (!outcome.ok) throw new Error(`typedoc failed:\n${outcome.output}`);
}
