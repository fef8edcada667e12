// @ts-check
// The public surface of both packages as text, kept in `api/`. `npm run api:update` writes it; the
// check fails when the surface changes and the text does not.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { readText } from './lib/sources.mjs';

// TypeScript 7 offers no programming interface yet; the documentation brings one that does.
/** @type {typeof import('../docs/node_modules/typescript/lib/typescript.js')} */
const ts = createRequire(join(root, 'docs/package.json'))('typescript');

const packages = ['packages/client', 'packages/platform'];
/** Private packages that are inside those. */
const shared = ['base', 'wire', 'service', 'engine', 'identity', 'platform-local'].map((name) =>
  join(root, 'packages', name),
);

/**
 * The type declarations that a package offers.
 *
 * @param {string} directory
 * @returns {{name: string, types: string}[]} by the name users import
 */
function entryPoints(directory) {
  const { name, exports } = JSON.parse(readText(directory, 'package.json'));
  return Object.entries(exports).flatMap(([path, target]) => {
    const types = /** @type {{types?: string}} */ (target).types;
    // What only this repository imports is no promise.
    return types === undefined || path.includes('*')
      ? []
      : [{ name: path === '.' ? name : `${name}${path.slice(1)}`, types: join(directory, types) }];
  });
}

/**
 * A declaration as one normal text: no comments, no white space that means nothing.
 *
 * @param {import('../docs/node_modules/typescript/lib/typescript.js').Node} node
 */
function textOf(node) {
  const printer = ts.createPrinter({ removeComments: true });
  const statement =
    ts.isVariableDeclaration(node) && ts.isVariableStatement(node.parent.parent)
      ? node.parent.parent
      : node;
  return printer
    .printNode(ts.EmitHint.Unspecified, statement, node.getSourceFile())
    .replace(/^export (default )?/, '')
    .replace(/^declare /, '')
    .replace(/^\s*(private|#)[^\n]*\n/gm, '');
}

/** Heading of what nobody can import although the public surface names it: there must be none. */
const notExported = '// Not exported, but spoken of above.';

/** Collects what is exported, and what those declarations speak of. */
class Surface {
  /** @type {Map<string, string>} */
  exported = new Map();
  /** @type {Map<string, string>} */
  used = new Map();
  /** @type {Set<import('../docs/node_modules/typescript/lib/typescript.js').Symbol>} */
  seen = new Set();

  /**
   * @param {import('../docs/node_modules/typescript/lib/typescript.js').TypeChecker} checker
   * @param {string} directory
   */
  constructor(checker, directory) {
    this.checker = checker;
    this.directory = directory;
  }

  /** @param {import('../docs/node_modules/typescript/lib/typescript.js').Symbol} symbol */
  resolve(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
  }

  /** @param {import('../docs/node_modules/typescript/lib/typescript.js').Node} node */
  isOurs(node) {
    const { fileName } = node.getSourceFile();
    return [this.directory, ...shared].some((folder) =>
      fileName.startsWith(`${join(folder, 'dist')}${sep}`),
    );
  }

  /**
   * @param {string} name
   * @param {import('../docs/node_modules/typescript/lib/typescript.js').Symbol} symbol
   * @param {Map<string, string>} into
   */
  add(name, symbol, into) {
    this.seen.add(symbol);
    const declarations = (symbol.declarations ?? []).filter((node) => this.isOurs(node));
    if (declarations.length === 0) return;
    const spelled = declarations.map((node) => this.spelled(node));
    into.set(name, declarations.map((node, index) => spelled[index] ?? textOf(node)).join('\n'));
    declarations.forEach((node, index) => {
      if (spelled[index] === undefined) this.follow(node);
    });
  }

  /**
   * A type that is derived from a value, such as a schema, as what it comes to: the value itself is
   * nothing that anybody could import. Undefined for all others.
   *
   * @param {import('../docs/node_modules/typescript/lib/typescript.js').Node} node
   */
  spelled(node) {
    if (!ts.isTypeAliasDeclaration(node) || !/\btypeof\b/.test(node.type.getText())) return;
    const { NoTruncation, InTypeAlias, MultilineObjectLiterals } = ts.TypeFormatFlags;
    const type = this.checker.getTypeAtLocation(node);
    const text = this.checker.typeToString(
      type,
      undefined,
      NoTruncation | InTypeAlias | MultilineObjectLiterals,
    );
    return `type ${node.name.text} = ${text};`;
  }

  /** @param {import('../docs/node_modules/typescript/lib/typescript.js').Node} node */
  follow(node) {
    ts.forEachChild(node, (child) => {
      if (ts.isIdentifier(child)) {
        const found = this.checker.getSymbolAtLocation(child);
        const symbol = found && this.resolve(found);
        if (symbol && !this.seen.has(symbol) && this.isTopLevel(symbol)) this.pending.push(symbol);
      }
      this.follow(child);
    });
  }

  /** @type {import('../docs/node_modules/typescript/lib/typescript.js').Symbol[]} */
  pending = [];

  /** @param {import('../docs/node_modules/typescript/lib/typescript.js').Symbol} symbol */
  isTopLevel(symbol) {
    // The compiler's own name for the class that another extends.
    if (symbol.getName().endsWith('_base')) return false;
    return (symbol.declarations ?? []).some((node) => {
      const holder = ts.isVariableDeclaration(node) ? node.parent.parent.parent : node.parent;
      return holder !== undefined && ts.isSourceFile(holder) && this.isOurs(node);
    });
  }

  settle() {
    for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift())
      if (!this.seen.has(next)) this.add(next.getName(), next, this.used);
  }
}

/**
 * What an entry point exports.
 *
 * @param {import('../docs/node_modules/typescript/lib/typescript.js').Program} program
 * @param {string} types - its declarations
 */
function exportsOf(program, types) {
  const file = program.getSourceFile(types);
  const checker = program.getTypeChecker();
  const module = file && checker.getSymbolAtLocation(file);
  if (module === undefined) throw new Error(`${types} is no module; build first`);
  return checker.getExportsOfModule(module).sort((a, b) => (a.getName() < b.getName() ? -1 : 1));
}

/**
 * The report of one entry point.
 *
 * @param {import('../docs/node_modules/typescript/lib/typescript.js').Program} program
 * @param {string} directory - the package's folder
 * @param {{name: string, types: string}} entry
 * @param {readonly {name: string, types: string}[]} entries - all of the package
 */
function reportOf(program, directory, { name, types }, entries) {
  const checker = program.getTypeChecker();
  const surface = new Surface(checker, directory);
  const exported = exportsOf(program, types);
  // What another entry exports stands in its own report.
  for (const each of entries)
    for (const symbol of exportsOf(program, each.types)) surface.seen.add(surface.resolve(symbol));
  for (const symbol of exported) surface.seen.add(surface.resolve(symbol));
  for (const symbol of exported)
    surface.add(symbol.getName(), surface.resolve(symbol), surface.exported);
  surface.settle();
  /** @param {Map<string, string>} texts */
  const list = (texts) =>
    [...texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, text]) => `// ${key}\n${text}\n`);
  const used = list(surface.used);
  return [
    `// The public surface of "${name}".`,
    '// Written by `npm run api:update`; a change here is a change for whoever imports it.\n',
    ...list(surface.exported),
    ...(used.length > 0 ? [`${notExported}\n`, ...used] : []),
  ].join('\n');
}

/**
 * Every report, by the file that keeps it.
 *
 * @param {string} directory - the repository, built
 * @param {readonly string[]} [folders] - its packages
 * @returns {Map<string, string>}
 */
export function apiReports(directory, folders = packages) {
  const entries = folders.flatMap((path) => {
    const folder = join(directory, path);
    const all = entryPoints(folder);
    return all.map((entry) => ({ folder, entry, all }));
  });
  const program = ts.createProgram(
    entries.map(({ entry }) => entry.types),
    {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      skipLibCheck: true,
      noEmit: true,
    },
  );
  return new Map(
    entries.map(({ folder, entry, all }) => [
      `api/${entry.name.replaceAll('/', '-')}.api.txt`,
      reportOf(program, folder, entry, all),
    ]),
  );
}

/**
 * @param {string} directory
 * @param {readonly string[]} [folders]
 * @returns {string[]}
 */
export function checkApi(directory, folders = packages) {
  return [...apiReports(directory, folders)].flatMap(([path, text]) => {
    const hidden = [...(text.split(notExported)[1] ?? '').matchAll(/^\/\/ (\w+)$/gm)].map(
      ([, name]) =>
        `${path}: the public surface speaks of ${name}, which no entry point exports; export it with its documentation, or leave it out of what is public`,
    );
    const kept = existsSync(join(directory, path)) ? readText(directory, path) : '';
    if (kept === text) return hidden;
    const [now, before] = [text.split('\n'), kept.split('\n')];
    const line = now.findIndex((each, index) => each !== before[index]) + 1;
    return [
      ...hidden,
      `${path}:${line}: the public surface changed (now: ${now[line - 1]?.trim() || 'something is gone'}); if that is meant, run npm run api:update and say it in CHANGELOG.md`,
    ];
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--update')) {
    for (const [path, text] of apiReports(root)) {
      mkdirSync(join(root, 'api'), { recursive: true });
      writeFileSync(join(root, path), text);
      process.stdout.write(`${relative(process.cwd(), join(root, path))}\n`);
    }
  } else report('Public surface', checkApi(root));
}
