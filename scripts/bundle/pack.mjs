// @ts-check
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/** @typedef {{name: string, code: string}} Chunk */

/** The pack of everything of ours that is in no other. */
const remainder = 'work';

/** Before the names of modules in which libraries were bundled already. */
export const libraries = 'libraries';

/** @param {string} input - name of a module */
const isForeign = (input) => input.includes('node_modules/') || input.startsWith(`${libraries}:`);

/**
 * Drops imports of chunks for nothing but what running them does, which is nothing: no module of
 * ours acts when it is loaded. esbuild keeps them for each module that an entry of the library
 * exports, whether it is used or not.
 *
 * @param {readonly Chunk[]} chunks - as modules
 * @param {import('esbuild').Metafile} metafile
 * @returns {{chunks: Chunk[], metafile: import('esbuild').Metafile}}
 */
export function withoutIdleImports(chunks, metafile) {
  const outputs = { ...metafile.outputs };
  const kept = chunks.map(({ name, code }) => {
    const idle = new Set();
    const rest = code.replace(/\bimport"\.\/([\w.-]+\.js)";/g, (_, chunk) => {
      idle.add(chunk);
      return '';
    });
    for (const [path, output] of Object.entries(outputs))
      if (basename(path) === name)
        outputs[path] = {
          ...output,
          imports: output.imports.filter(
            ({ kind, path }) => kind !== 'import-statement' || !idle.has(basename(path)),
          ),
        };
    return { name, code: rest };
  });
  return { chunks: kept, metafile: { ...metafile, outputs } };
}

/**
 * The chunks that a chunk loads at once, itself included.
 *
 * @param {string} chunk - path of an output
 * @param {import('esbuild').Metafile} metafile
 * @param {Set<string>} found - added to
 */
function addClosure(chunk, metafile, found) {
  if (found.has(chunk)) return;
  found.add(chunk);
  for (const { kind, path } of metafile.outputs[chunk]?.imports ?? [])
    if (kind === 'import-statement' && path in metafile.outputs) addClosure(path, metafile, found);
}

/**
 * Decides which pack each chunk goes to.
 *
 * @param {import('esbuild').Metafile} metafile
 * @param {Readonly<Record<string, readonly string[]>>} packs
 * @returns {Map<string, string>} name of a chunk → name of its pack; libraries stay alone
 */
function assign(metafile, packs) {
  const chunks = Object.entries(metafile.outputs);
  /** @param {string} module - loaded on demand, or part of what is */
  const chunkOf = (module) =>
    (chunks.find(([, { entryPoint }]) => entryPoint === module) ??
      chunks.find(([, { inputs }]) => module in inputs))?.[0];
  /**
   * Libraries stay alone: they are large, and each is needed by few commands.
   *
   * @param {string} path
   */
  const isOwn = (path) => !Object.keys(metafile.outputs[path]?.inputs ?? {}).some(isForeign);
  /** @type {Map<string, string>} */
  const assigned = new Map();
  for (const [pack, modules] of Object.entries(packs)) {
    /** @type {Set<string>} */
    const found = new Set();
    for (const module of modules) {
      const chunk = chunkOf(module);
      if (chunk === undefined) throw new Error(`${module} of the pack ${pack} does not exist`);
      addClosure(chunk, metafile, found);
    }
    for (const path of found)
      if (isOwn(path) && !assigned.has(basename(path))) assigned.set(basename(path), pack);
  }
  for (const [path] of chunks)
    if (isOwn(path) && path.endsWith('.js') && !assigned.has(basename(path)))
      assigned.set(basename(path), remainder);
  return assigned;
}

/**
 * Writes the words that lead to a chunk.
 *
 * @param {string} chunk
 * @param {string | undefined} here - the pack in which they are written
 * @param {ReadonlyMap<string, string>} assigned
 */
function reference(chunk, here, assigned) {
  const pack = assigned.get(chunk);
  if (pack === undefined) return `require("./${chunk}")`;
  if (pack === here) return `__load("${chunk}")`;
  const packs = here === undefined ? 'require("./packs.js").pack' : '__pack';
  return `${packs}("${pack}")("${chunk}")`;
}

/**
 * Dependencies that are CommonJS themselves: their chunk has nothing but what they export, as its
 * default, where a module that imports them expects the names in it.
 *
 * @param {import('esbuild').Metafile} metafile
 */
const foreign = ({ outputs }) =>
  new Set(
    Object.entries(outputs)
      .filter(([, { entryPoint = '', exports }]) => {
        return entryPoint.includes('node_modules/') && exports.join() === 'default';
      })
      .map(([path]) => basename(path)),
  );

/**
 * @param {Chunk} chunk
 * @param {ReadonlyMap<string, string>} assigned
 * @param {ReadonlySet<string>} foreign
 */
function linked({ name, code }, assigned, foreign) {
  const here = assigned.get(name);
  return code
    .replace(/\bimport\("\.\/([\w.-]+\.js)"\)/g, (_, chunk) => {
      return `Promise.resolve().then(()=>${reference(chunk, here, assigned)}${foreign.has(chunk) ? '.default' : ''})`;
    })
    .replace(/\bimport\("(node:[\w/]+)"\)/g, 'Promise.resolve().then(()=>require("$1"))')
    .replace(/\brequire\("\.\/([\w.-]+\.js)"\)/g, (_, chunk) => reference(chunk, here, assigned));
}

/** Those of Node's modules that it needs itself before any program begins. */
const isPresent = new Set(
  ['buffer', 'events', 'fs', 'module', 'path', 'process', 'url', 'util'].map(
    (name) => `node:${name}`,
  ),
);

/** What esbuild puts before each chunk, once for all; what a chunk exports needs no copy. */
const helpers =
  'const __defProp=Object.defineProperty,__export=(target,all)=>{for(const name in all)' +
  '__defProp(target,name,{get:all[name],enumerable:true})},__toCommonJS=(exports)=>exports,' +
  '__toESM=(module)=>module.__esModule?module:' +
  'Object.create(module,{default:{value:module,enumerable:true}}),' +
  // A module of Node's is loaded when one of its names is used for the first time.
  '__later=(id)=>{let module;return new Proxy({},' +
  '{get:(_,name)=>(module??=require(id))[name],has:(_,name)=>name in(module??=require(id))})};';

const exportsBegin = 'var stdin_exports={};';

/**
 * A chunk without what stands before it, for a script, which cannot import anything by itself.
 *
 * @param {string} code
 */
function inScript(code) {
  const begin = code.indexOf(exportsBegin);
  const before = code.slice(0, Math.max(0, begin));
  const own = /^(?:"use strict";)?var __\w+=/.test(before) ? code.slice(begin) : code;
  return own
    .replace(/(\bimport_node_\w+=)require\("(node:[\w/]+)"\)/g, (whole, name, module) =>
      isPresent.has(module) ? whole : `${name}__later("${module}")`,
    )
    .replace(/\bimport\(/g, '__import(');
}

/** Runs a chunk of a pack when it is first asked for; like Node's, it bears circles. */
const loader =
  'const __loaded=new Map;function __load(name){let module=__loaded.get(name);if(module===undefined){' +
  '__loaded.set(name,module={exports:{}});__chunks[name](module)}return module.exports}\n';

/**
 * Puts chunks that belong together into one file each: scripts, whose value is a function that
 * `packs.cjs` calls.
 *
 * @param {readonly Chunk[]} chunks - as CommonJS
 * @param {import('esbuild').Metafile} metafile - how they hang together
 * @param {Readonly<Record<string, readonly string[]>>} packs - the first names the build
 * @returns {Chunk[]}
 */
export function packChunks(chunks, metafile, packs) {
  const assigned = assign(metafile, packs);
  const others = foreign(metafile);
  const ready = chunks.map((chunk) => {
    return { name: chunk.name, code: linked(chunk, assigned, others) };
  });
  const build = createHash('sha256');
  for (const { name, code } of ready) build.update(`${name}\n${code}\n`);
  const named = `__load.build="${build.digest('hex').slice(0, 16)}";`;
  const packed = [...Object.keys(packs), remainder].map((pack, index) => {
    const members = ready.filter(({ name }) => assigned.get(name) === pack);
    // In brackets V8 compiles a function at once, instead of skipping over it first.
    const [open, close] = pack === remainder ? ['', ''] : ['(', ')'];
    const functions = members.map(
      ({ name, code }) => `"${name}":${open}function(module){${inScript(code)}}${close}`,
    );
    const code =
      `(function(require,__import,__pack,__filename){"use strict";${helpers}${loader}` +
      `const __chunks={${functions.join(',\n')}};${index === 0 ? named : ''}return __load})\n`;
    return { name: `${pack}.js`, code };
  });
  // They are read in the quickest way, which takes each byte for a character.
  const strange = packed.find(({ code }) => /[^\n\r\t\x20-\x7E]/.test(code));
  if (strange !== undefined) throw new Error(`${strange.name} is not plain ASCII`);
  return [...ready.filter(({ name }) => !assigned.has(name)), ...packed];
}
