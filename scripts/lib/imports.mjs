// @ts-check
import { parseSync, Visitor } from 'oxc-parser';
import { lineAt } from './sources.mjs';

/**
 * @typedef {object} Import
 * @property {string} specifier - as written; undefined targets of `import(name)` are left out
 * @property {boolean} typeOnly - nothing of it remains at run time
 * @property {number} line
 */

/**
 * Every module a source file names: imports, re-exports, `import()` and types by `import('x')`.
 *
 * @param {string} path - its ending tells the language
 * @param {string} text
 * @returns {Import[]}
 */
export function importsOf(path, text) {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  /** @type {Import[]} */
  const found = [];
  /** @param {unknown} source @param {boolean} typeOnly */
  const add = (source, typeOnly) => {
    if (!isText(source)) return;
    found.push({ specifier: source.value, typeOnly, line: lineAt(text, source.start) });
  };
  new Visitor({
    // `import { type A }` without any value still loads the module: it is no type-only import.
    ImportDeclaration: (node) => add(node.source, node.importKind === 'type'),
    ExportNamedDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source, node.exportKind === 'type'),
    ImportExpression: (node) => add(node.source, false),
    TSImportType: (node) => add(node.source, true),
  }).visit(program);
  return found;
}

/**
 * @param {unknown} node
 * @returns {node is {value: string, start: number}}
 */
function isText(node) {
  return (
    typeof node === 'object' && node !== null && 'value' in node && typeof node.value === 'string'
  );
}
