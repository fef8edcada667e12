// @ts-check
// TypeScript as text, from what typedoc knows of it.

/** @typedef {import('./model.js').Type} Type */
/** @typedef {import('./model.js').Declaration} Declaration */
/** @typedef {import('./model.js').Signature} Signature */

/** Objects whose fields take more characters are not written out. */
const longest = 120;

/**
 * @param {Type | undefined} type
 * @returns {string}
 */
export function typeText(type) {
  switch (type?.type) {
    case undefined:
      return 'void';
    case 'intrinsic':
    case 'unknown':
      return type.name ?? '';
    case 'literal':
      return typeof type.value === 'string' ? `'${type.value}'` : JSON.stringify(type.value);
    case 'reference':
      // What a schema is made of says nothing to those who use what it describes.
      return /^z\.|^Zod/.test(type.name ?? '')
        ? '…'
        : `${type.name}${list(type.typeArguments, '<', '>')}`;
    case 'array':
      return `${grouped(type.elementType)}[]`;
    case 'tuple':
      return list(type.elements, '[', ']') || '[]';
    case 'union':
    case 'intersection':
      return (type.types ?? []).map(grouped).join(type.type === 'union' ? ' | ' : ' & ');
    case 'typeOperator':
      return `${type.operator} ${grouped(record(type.target))}`;
    case 'query':
      return `typeof ${typeText(type.queryType)}`;
    case 'indexedAccess':
      return `${grouped(type.objectType)}[${typeText(type.indexType)}]`;
    case 'predicate':
      return `${type.name} is ${typeText(record(type.targetType))}`;
    case 'namedTupleMember':
      return `${type.name}${type.isOptional ? '?' : ''}: ${typeText(type.element)}`;
    case 'rest':
      return `...${typeText(type.elementType)}`;
    case 'reflection':
      return objectText(type.declaration);
    default:
      return 'unknown';
  }
}

/** @param {unknown} value */
const record = (value) =>
  typeof value === 'object' ? /** @type {Type | undefined} */ (value ?? undefined) : undefined;

/**
 * @param {readonly Type[] | undefined} types
 * @param {string} open
 * @param {string} close
 */
const list = (types, open, close) =>
  types === undefined || types.length === 0
    ? ''
    : `${open}${types.map(typeText).join(', ')}${close}`;

/** @param {Type | undefined} type */
function grouped(type) {
  const text = typeText(type);
  const compound = type?.type === 'union' || type?.type === 'intersection' || text.includes('=>');
  return compound ? `(${text})` : text;
}

/** @param {Declaration | undefined} declaration */
function objectText(declaration) {
  const [signature] = declaration?.signatures ?? [];
  if (signature !== undefined) {
    return `${parametersText(signature)} => ${typeText(signature.type)}`;
  }
  const index = (declaration?.indexSignatures ?? []).map((each) => {
    const [key] = each.parameters ?? [];
    return `[${key?.name}: ${typeText(key?.type)}]: ${typeText(each.type)}`;
  });
  const members = (declaration?.children ?? []).map((child) => {
    const [call] = child.signatures ?? [];
    return call === undefined
      ? `${nameText(child)}: ${typeText(child.type)}`
      : `${child.name}${parametersText(call)}: ${typeText(call.type)}`;
  });
  const all = [...index, ...members].join('; ');
  if (all === '') return '{}';
  return all.length > longest || all.includes('…') ? '{ … }' : `{ ${all} }`;
}

/**
 * @param {{name: string, flags?: {isOptional?: boolean, isReadonly?: boolean}}} declaration
 * @returns {string} the name, with the sign of what may be left out
 */
export const nameText = ({ name, flags }) =>
  `${flags?.isReadonly ? 'readonly ' : ''}${name}${flags?.isOptional ? '?' : ''}`;

/**
 * @param {Signature} signature
 * @param {number} [room] - characters that fit a line; more are broken into lines
 * @returns {string} type parameters and parameters
 */
export function parametersText({ typeParameters = [], parameters = [] }, room) {
  const types = typeParameters.map(
    ({ name, type }) => `${name}${type === undefined ? '' : ` extends ${typeText(type)}`}`,
  );
  const values = parameters.map((each) => {
    if (each.flags?.isRest && each.type?.type === 'tuple') {
      return (each.type.elements ?? []).map(typeText).join(', ');
    }
    const optional = each.flags?.isOptional || each.defaultValue !== undefined ? '?' : '';
    const rest = each.flags?.isRest ? '...' : '';
    // The pattern in which a parameter is taken apart is no business of those who call.
    const name = each.name.startsWith('__') ? 'options' : each.name;
    return `${rest}${name}${optional}: ${typeText(each.type)}`;
  });
  const generic = types.length === 0 ? '' : `<${types.join(', ')}>`;
  const line = `${generic}(${values.join(', ')})`;
  return room !== undefined && line.length > room && values.length > 0
    ? `${generic}(\n  ${values.join(',\n  ')},\n)`
    : line;
}
