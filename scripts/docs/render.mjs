// @ts-check
// Turns what typedoc knows of a module into a page of Markdown.
import { nameText, parametersText, typeText } from './type-text.mjs';

/** @typedef {import('./model.js').Comment} Comment */
/** @typedef {import('./model.js').Declaration} Declaration */
/** @typedef {import('./model.js').Part} Part */
/** @typedef {import('./model.js').Signature} Signature */

/** Kinds of declarations, by typedoc's numbers. */
export const kinds = /** @type {const} */ ({
  variable: 32,
  function: 64,
  class: 128,
  interface: 256,
  constructor: 512,
  property: 1024,
  method: 2048,
  accessor: 262_144,
  type: 2_097_152,
  reference: 4_194_304,
});

/** @typedef {(id: unknown) => string | undefined} Locate - the address of a declaration */

/** How much of a signature fits the width of a page. */
const lineLength = 68;

/** Text that Markdown and the site's templates take as it stands. @param {string} text */
const plain = (text) => text.replace(/[<>{}|]/g, (sign) => `&#${sign.codePointAt(0)};`);

/**
 * @param {readonly Part[] | undefined} parts
 * @param {Locate} locate
 */
function prose(parts = [], locate) {
  const text = parts.map((part) => {
    if (part.kind === 'code') return part.text;
    if (part.tag !== '@link') return plain(part.text);
    const address = locate(part.target);
    return address === undefined ? `\`${part.text}\`` : `[${plain(part.text)}](${address})`;
  });
  return text.join('').trim();
}

/** @param {string} text */
const cell = (text) => text.replace(/\s*\n\s*/g, ' ');
/** @param {string} text */
const code = (text) => `\`${text.replaceAll('|', '\\|')}\``;

/**
 * @param {Comment | undefined} comment
 * @param {string} tag
 * @param {Locate} locate
 */
const tagged = (comment, tag, locate) =>
  (comment?.blockTags ?? [])
    .filter((each) => each.tag === tag)
    .map(({ content }) => prose(content, locate))
    .filter((text) => text !== '');

/** @param {Comment | undefined} comment @param {Locate} locate */
function examples(comment, locate) {
  return tagged(comment, '@example', locate).flatMap((text) => [text, '']);
}

/**
 * A table of names, types and meanings; nothing when there is nothing to list.
 *
 * @param {string} title
 * @param {readonly {name: string, type: string, comment?: Comment | undefined}[]} rows
 * @param {Locate} locate
 */
function table(title, rows, locate) {
  if (rows.length === 0) return [];
  const lines = rows.map(({ name, type, comment }) => {
    const usual = [
      ...tagged(comment, '@default', locate),
      ...tagged(comment, '@defaultValue', locate),
    ].map((text) => text.replace(/^`{3}\w*\n|\n`{3}$/g, ''));
    const meaning = cell(prose(comment?.summary, locate));
    const standard =
      usual.length === 0 ? '' : ` Default: ${code(cell(usual.join(', ')).replaceAll('`', ''))}`;
    return `| ${code(name)} | ${code(cell(type))} | ${meaning}${standard} |`;
  });
  return [`| ${title} | type | |`, '|---|---|---|', ...lines, ''];
}

/**
 * @param {string} name - as it is called
 * @param {Signature} signature
 * @param {Locate} locate
 */
function call(name, signature, locate) {
  const { comment, parameters = [] } = signature;
  const rows = parameters.map((each) => ({
    name: nameText({ ...each, name: each.name.startsWith('__') ? 'options' : each.name }),
    type: typeText(each.type),
    comment: each.comment,
  }));
  const returns = tagged(comment, '@returns', locate);
  const result = typeText(signature.type);
  const room = lineLength - name.length - result.length;
  const throws = tagged(comment, '@throws', locate).map((text) => `- Throws ${text}`);
  const see = tagged(comment, '@see', locate).map((text) => `- See ${text}`);
  return [
    '```ts',
    `${name}${parametersText(signature, room)}: ${result}`,
    '```',
    '',
    prose(comment?.summary, locate),
    '',
    ...table(
      'Parameter',
      rows.filter(({ comment: known }) => known !== undefined),
      locate,
    ),
    ...returns.map((text) => `- Returns ${text}`),
    ...throws,
    ...see,
    '',
    ...examples(comment, locate),
  ];
}

/** @param {Declaration} declaration */
const isOwn = ({ inheritedFrom, name, flags }) =>
  // What every error of JavaScript has needs no words here; what ours add does.
  !flags?.isStatic &&
  !(inheritedFrom !== undefined && /^(Error|\[)/.test(inheritedFrom.name ?? '')) &&
  !name.startsWith('[');

/** @param {Declaration} child @returns {{name: string, type: string, comment: Comment | undefined}} */
function property(child) {
  const signature = child.getSignature ?? child.signatures?.[0];
  const type =
    child.signatures === undefined
      ? typeText(child.type ?? child.getSignature?.type)
      : `${parametersText(child.signatures[0] ?? { name: '' })} => ${typeText(signature?.type)}`;
  return { name: nameText(child), type, comment: child.comment ?? signature?.comment };
}

/** @param {Declaration} declaration @param {Locate} locate */
function classText(declaration, locate) {
  const own = (declaration.children ?? []).filter(isOwn);
  const builders = own.filter(({ kind }) => kind === kinds.constructor);
  const methods = own.filter(({ kind }) => kind === kinds.method);
  const values = own.filter(({ kind }) => kind === kinds.property || kind === kinds.accessor);
  const extended = (declaration.extendedTypes ?? []).map(typeText);
  return [
    ...(extended.length === 0 ? [] : [`Extends ${extended.map(code).join(', ')}.`, '']),
    ...builders.flatMap((each) =>
      (each.signatures ?? []).flatMap((signature) =>
        call(`new ${declaration.name}`, signature, locate),
      ),
    ),
    ...table('Property', values.map(property), locate),
    ...methods.flatMap((method) => [
      `#### ${declaration.name}.${method.name} {#${declaration.name}.${method.name}}`,
      '',
      ...(method.signatures ?? []).flatMap((signature) => call(method.name, signature, locate)),
    ]),
  ];
}

/** @param {Declaration} declaration */
function aliasText({ name, kind, type }) {
  const word = kind === kinds.variable ? 'const' : 'type';
  return ['```ts', `${word} ${name}${word === 'type' ? ' =' : ':'} ${typeText(type)}`, '```', ''];
}

/** @param {Declaration} declaration @param {Locate} locate */
function aliasOrFields(declaration, locate) {
  const fields = declaration.type?.declaration?.children ?? [];
  const isObject = declaration.type?.type === 'reflection' && fields.length > 0;
  return isObject ? table('Field', fields.map(property), locate) : aliasText(declaration);
}

/** @param {Declaration} declaration @param {Locate} locate */
function body(declaration, locate) {
  switch (declaration.kind) {
    case kinds.class:
      return classText(declaration, locate);
    case kinds.interface:
      return table('Field', (declaration.children ?? []).filter(isOwn).map(property), locate);
    case kinds.reference:
      return [`The same as [${declaration.name}](${locate(declaration.target) ?? ''}).`, ''];
    case kinds.type:
      return aliasOrFields(declaration, locate);
    case kinds.variable:
      return aliasText(declaration);
    default:
      return (declaration.signatures ?? []).flatMap((each) => call(declaration.name, each, locate));
  }
}

/** @type {readonly (readonly [string, readonly number[]])[]} */
const groups = [
  ['Classes', [kinds.class]],
  ['Functions', [kinds.function]],
  ['Values', [kinds.variable]],
  ['Types', [kinds.interface, kinds.type]],
  ['From other entries', [kinds.reference]],
];

/**
 * @param {string} name - as programs import it
 * @param {Declaration} module
 * @param {Locate} locate
 * @returns {string}
 */
export function modulePage(name, module, locate) {
  const lines = groups.flatMap(([title, members]) => {
    const found = (module.children ?? []).filter(({ kind }) => members.includes(kind));
    if (found.length === 0) return [];
    return [
      `## ${title} {#${title.toLowerCase().replaceAll(' ', '-')}}`,
      '',
      ...found.flatMap((each) => [
        `### ${each.name} {#${each.name}}`,
        '',
        prose(each.comment?.summary, locate),
        '',
        ...body(each, locate),
        ...examples(each.comment, locate),
      ]),
    ];
  });
  return [`# ${name}`, '', '```ts', `import { … } from '${name}';`, '```', '', ...lines]
    .join('\n')
    .replace(/\n{3,}/g, '\n\n');
}
