// @ts-check
// Gathers the pages of the site in one folder: those of `docs/`, some from elsewhere in the
// repository, and links that lead to where each page stands on the site.
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { borrowed, overview } from '../../docs/.vitepress/pages.mjs';
import { linesOf } from '../lib/markdown.mjs';
import { findFiles, readText } from '../lib/sources.mjs';

/** Where the pages are gathered, below the top of the repository. */
export const stagedPages = 'docs/dist/pages';
const home = 'docs/.vitepress/home.md';
const pictures = 'docs/pictures';
/** The code in a table of many columns, where it may be broken at its dots. */
const wideRow = /^\| `([a-z._]+)` \|(?=(.*\|){4})/;
const program = /^\[[^\]]+\]\(([^)]+\.m[jt]s)\)$/;

/**
 * Every page of the repository that is on the site, by its place there.
 *
 * @param {string} directory
 * @returns {Map<string, string>}
 */
export function pagesOf(directory) {
  const own = findFiles(directory, (path) => path.endsWith('.md'), 'docs')
    .filter((path) => !path.startsWith('docs/.'))
    .map((path) => /** @type {const} */ ([path.slice('docs/'.length), path]))
    .filter(([place]) => place !== overview);
  return new Map([['index.md', home], ...own, ...Object.entries(borrowed)]);
}

/**
 * @param {string} directory - the repository
 * @param {ReadonlyMap<string, string>} generated - pages that have no file, by their place
 * @returns {string[]} links that lead to nothing on the site
 */
export function stagePages(directory, generated) {
  const target = join(directory, stagedPages);
  rmSync(target, { recursive: true, force: true });
  const pages = pagesOf(directory);
  const places = new Map([...pages].map(([place, path]) => [path, place]));
  places.set('docs/index.md', 'index.md');
  places.set('LICENSE', 'licence.md');
  write(join(target, 'licence.md'), `# Licence\n\n${readText(directory, 'LICENSE')}`);
  for (const place of generated.keys()) places.set(`docs/${place}`, place);
  for (const path of findFiles(directory, (name) => name.endsWith('.png'), pictures)) {
    places.set(path, path.slice('docs/'.length));
    cpSync(join(directory, path), join(target, path.slice('docs/'.length)), { recursive: true });
  }
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, string>} programs that pages speak of, by their place */
  const programs = new Map();
  for (const [place, path] of pages) {
    const { text, missing } = forSite(directory, path, place, { places, programs });
    problems.push(...missing.map((link) => `${path}: "${link}" is not on the site`));
    write(join(target, place), text);
  }
  for (const [place, text] of programs) write(join(target, place), text);
  for (const [place, text] of generated) {
    const lines = linesOf(text).map((line) => (line.code ? line.text : asWritten(line.text)));
    write(join(target, place), lines.join('\n'));
  }
  if (existsSync(join(directory, 'docs/public'))) {
    cpSync(join(directory, 'docs/public'), join(target, 'public'), { recursive: true });
  }
  return problems;
}

/**
 * Code in a line, as it is: two braces mean something to the builder of the site.
 *
 * @param {string} line
 */
const asWritten = (line) =>
  line.replace(/`([^`]*\{\{[^`]*)`/g, (_, words) => `<code v-pre>${words}</code>`);

/**
 * @param {string} path
 * @param {string} text
 */
function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/**
 * One page as the site has it.
 *
 * @param {string} directory
 * @param {string} path - in the repository
 * @param {string} place - on the site
 * @param {{places: Map<string, string>, programs: Map<string, string>}} site - where every page
 *   is; and programs that get a page of their own, because a page leads to them
 */
function forSite(directory, path, place, { places, programs }) {
  /** @type {string[]} */
  const missing = [];
  const folder = path === home ? 'docs' : posix.dirname(path);
  /** @param {string} source */
  const shown = (source) => {
    const text = readText(directory, source).trimEnd();
    return `\`\`\`js\n// ${source}\n${text.replace('// @ts-check\n', '')}\n\`\`\``;
  };
  /** @param {string} target */
  const follow = (target) => {
    if (/^([a-z]+:|#|\/)/.test(target)) return target;
    const [file = '', anchor] = target.split('#');
    const found = posix.join(folder, file);
    if (found.startsWith('docs/public/')) return found.slice('docs/public'.length);
    if (/^examples\/.*\.mjs$/.test(found) && !places.has(found)) {
      const page = found.replace(/\.mjs$/, '-program.md');
      places.set(found, page);
      programs.set(page, `# ${posix.basename(found)}\n\n${shown(found)}\n`);
    }
    const there = places.get(found);
    if (there === undefined) {
      missing.push(target);
      return target;
    }
    const way = posix.relative(posix.dirname(place), there);
    return `${way.startsWith('.') ? way : `./${way}`}${anchor === undefined ? '' : `#${anchor}`}`;
  };
  const lines = linesOf(readText(directory, path)).map(({ text, code }) => {
    if (code) return text;
    const alone = program.exec(text)?.[1];
    if (alone !== undefined) return shown(posix.join(folder, alone));
    return asWritten(text)
      .replace(/\]\(([^)\s]+)\)/g, (_, target) => `](${follow(target)})`)
      .replace(wideRow, (_, word) => `| <code>${word.replace(/[._]/g, '$&<wbr>')}</code> |`);
  });
  return { text: lines.join('\n'), missing };
}
