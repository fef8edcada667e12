// @ts-check
// The walls and the words of the pages. Dependency-cruiser's parser knows no JSX, so that what the
// pages import is read here; and every word that people read stands in one file, ready for another
// language.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync, Visitor } from 'oxc-parser';
import { report } from './lib/report.mjs';
import { root } from './lib/root.mjs';
import { findFiles, lineAt, readText } from './lib/sources.mjs';

const pages = 'packages/dashboard/app/';

/** The one file with words. */
const words = `${pages}text.ts`;

/** Views stand side by side: what two of them need is in the hall, or in `parts`. */
const views = ['batches', 'launch', 'platform', 'sessions', 'storage'];

/** What a page may import besides pages: what every program may, what draws, and the shared model. */
const packages = [
  ...['@preact/signals', 'preact', 'preact/hooks', 'skaha', 'skaha/batch', 'skaha/storage'],
  '@skaha/dashboard/session-list.js',
];

/** What a browser or a platform calls things: not read by people as it stands. */
const terms =
  /^(?:Arrow(?:Down|Left|Right|Up)|Completed|End|Enter|Escape|Failed|Gi|Home|Pending|Running|Terminating|Warning)$/;

/** Attributes that people read, or hear. */
const readAttributes =
  /^(?:alt|aria-(?:description|label|roledescription|valuetext)|label|placeholder|title)$/;

/** Attributes whose words are for the browser. */
const ownAttributes = /^(?:class|d|href|name|rel|role|style|viewBox)$/;

/** @param {string} path */
const viewOf = (path) => views.find((view) => path.startsWith(`${pages}${view}/`));

/**
 * The page that an import means.
 *
 * @param {string} from
 * @param {string} name
 * @param {readonly string[]} files
 */
function pageOf(from, name, files) {
  if (!name.startsWith('.')) return undefined;
  const plain = join(dirname(from), name.replace(/\?.*$/, ''));
  const candidates = [plain, plain.replace(/\.js$/, '.ts'), plain.replace(/\.js$/, '.tsx')];
  return candidates.find((path) => files.includes(path));
}

/**
 * @param {string} from
 * @param {string} name
 * @param {readonly string[]} files
 */
function faultOfImport(from, name, files) {
  if (!name.startsWith('.')) {
    return packages.includes(name) ? undefined : `imports ${name}, which pages may not`;
  }
  const target = pageOf(from, name, files);
  if (target === undefined) {
    return /\.css$/.test(name) ? undefined : `imports ${name}, which is no page`;
  }
  const [own, other] = [viewOf(from), viewOf(target)];
  const isMain = from === `${pages}main.tsx`;
  return other === undefined || other === own || isMain
    ? undefined
    : `imports ${name} of the view ${other}: put what both need outside of views`;
}

/**
 * What a file imports, at which places.
 *
 * @param {string} path
 * @param {string} text
 */
function importsOf(path, text) {
  const { module } = parseSync(path, text);
  const named = module.staticImports.map(({ moduleRequest }) => moduleRequest);
  const passed = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest }) => moduleRequest ?? []),
  );
  const later = module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
    start,
    value: text.slice(start + 1, end - 1),
  }));
  return [...named, ...passed, ...later];
}

/**
 * Pages that import each other.
 *
 * @param {ReadonlyMap<string, readonly string[]>} imported
 */
function circlesOf(imported) {
  /** @type {Set<string>} */
  const done = new Set();
  /** @type {string[]} */
  const found = [];
  /** @param {string} path @param {readonly string[]} way */
  const walk = (path, way) => {
    if (way.includes(path)) {
      const circle = [...way.slice(way.indexOf(path)), path].map((one) => one.slice(pages.length));
      found.push(`${path}:1: imports itself by ${circle.join(' → ')}`);
    }
    if (done.has(path)) return;
    done.add(path);
    for (const next of imported.get(path) ?? []) walk(next, [...way, path]);
  };
  for (const path of imported.keys()) walk(path, []);
  return found;
}

/** @param {string} text */
const hasLetters = (text) => /\p{L}{2}/u.test(text);

/** @param {string} text */
const isProse = (text) => /\p{L}{2,}[,.:;]?\s+\p{L}/u.test(text) || /^\p{Lu}\p{Ll}+$/u.test(text);

/**
 * Texts of a file that people would read.
 *
 * @param {string} path
 * @param {string} text
 */
function wordsOf(path, text) {
  /** @type {{at: number, text: string}[]} */
  const found = [];
  /** @type {{start: number, end: number}[]} */
  const own = [];
  /** @param {{start: number, end: number}} node */
  const isOwn = ({ start, end }) => own.some((range) => range.start <= start && end <= range.end);
  /** @param {{start: number, end: number}} node @param {string} value */
  const look = (node, value) => {
    if (!isOwn(node) && isProse(value) && !terms.test(value)) {
      found.push({ at: node.start, text: value });
    }
  };
  new Visitor({
    JSXText: (node) => {
      const words = node.value.trim();
      if (!hasLetters(words)) return;
      found.push({ at: node.start + node.value.indexOf(words), text: words });
    },
    JSXAttribute: (node) => {
      const { name, value } = node;
      const attribute = name.type === 'JSXIdentifier' ? name.name : '';
      if (ownAttributes.test(attribute)) own.push(node);
      if (!readAttributes.test(attribute) || value?.type !== 'Literal') return;
      own.push(node);
      if (hasLetters(String(value.value))) {
        found.push({ at: node.start, text: String(value.value) });
      }
    },
    Property: (node) => {
      if (node.key.type === 'Identifier' && ownAttributes.test(node.key.name)) own.push(node.value);
    },
    ImportDeclaration: (node) => {
      own.push(node);
    },
    Literal: (node) => {
      if (typeof node.value === 'string') look(node, node.value);
    },
    TemplateElement: (node) => look(node, node.value.cooked ?? ''),
  }).visit(parseSync(path, text).program);
  return found;
}

/**
 * @param {string} directory
 * @returns {string[]}
 */
export function checkPages(directory) {
  const files = findFiles(
    directory,
    (path) => path.startsWith(pages) && /\.tsx?$/.test(path) && !path.startsWith(`${pages}dist/`),
  );
  /** @type {Map<string, string[]>} */
  const imported = new Map();
  const faults = files.flatMap((path) => {
    const text = readText(directory, path);
    const imports = importsOf(path, text);
    imported.set(
      path,
      imports.flatMap(({ value }) => pageOf(path, value, files) ?? []),
    );
    const walls = imports.flatMap(({ value, start }) => {
      const fault = faultOfImport(path, value, files);
      return fault === undefined ? [] : [`${path}:${lineAt(text, start)}: ${fault}`];
    });
    if (path === words || path.endsWith('.d.ts')) return walls;
    const loose = wordsOf(path, text).map(
      (one) => `${path}:${lineAt(text, one.at)}: "${one.text}" belongs into ${words}`,
    );
    return [...walls, ...loose];
  });
  return [...new Set([...faults, ...circlesOf(imported)])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  report('Walls and words of the pages', checkPages(root));
}
