// @ts-check
'use strict';
// The shipped command consists of a few packs of modules. Most of the time of a short command would
// go into compiling them, so what V8 compiled is kept in the user's cache directory, as newer
// versions of Node do for whoever asks them (`module.enableCompileCache`).
const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const vm = require('node:vm');

// It is put beside the packs.
const folder = __dirname;
const requireFrom = createRequire(path.join(folder, 'main.js'));
/** Scripts cannot import; what is imported is looked for from here. */
const importModule = (/** @type {string} */ specifier) => import(specifier);
const month = 30 * 24 * 3_600_000;

/** @typedef {{(chunk: string): any, build?: string}} Load */
/** @type {Map<string, {load: Load, script: vm.Script}>} */
const loaded = new Map();
let isIncomplete = false;

/** Where compiled packs of this build are kept, or undefined for nowhere. */
function cacheFolder() {
  const { env, platform, versions, version, arch } = process;
  if (env['NODE_DISABLE_COMPILE_CACHE'] || 'bun' in versions || 'deno' in versions)
    return undefined;
  const home = platform === 'win32' ? env['LOCALAPPDATA'] : env['HOME'];
  const chosen = env['XDG_CACHE_HOME'];
  const base = chosen && path.isAbsolute(chosen) ? chosen : home && path.join(home, '.cache');
  const build = loaded.get('main')?.load.build;
  if (!base || !path.isAbsolute(base) || build === undefined) return undefined;
  return path.join(base, 'skaha', 'code', `${build}-${version}-${arch}`);
}

/**
 * What V8 made of a pack before. It is code, so it must come from nobody else, and V8 does not bear
 * a single damaged byte in it: it is kept twice, because to compare takes less time than to check
 * a sum.
 *
 * @param {string} file
 */
function compiledBefore(file) {
  let handle;
  try {
    handle = fs.openSync(file, 'r');
    const { uid, mode } = fs.fstatSync(handle);
    const isOwn =
      process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
    if (!isOwn) return undefined;
    const both = fs.readFileSync(handle);
    const half = both.subarray(0, both.length / 2);
    return half.length > 0 && half.equals(both.subarray(both.length / 2)) ? half : undefined;
  } catch {
    return undefined;
  } finally {
    if (handle !== undefined) fs.closeSync(handle);
  }
}

/**
 * Loads a pack.
 *
 * @param {string} name
 * @returns {Load} runs a chunk of it when it is first asked for
 */
function pack(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.load;
  const filename = path.join(folder, `${name}.js`);
  // The first is tiny, and names the build.
  const cache = name === 'main' ? undefined : cacheFolder();
  const cachedData = cache === undefined ? cache : compiledBefore(path.join(cache, name));
  // Every pack is plain ASCII.
  const script = new vm.Script(fs.readFileSync(filename, 'latin1'), { filename, cachedData });
  if (cache !== undefined && (cachedData === undefined || script.cachedDataRejected))
    isIncomplete = true;
  /** @type {Load} */
  const load = script.runInThisContext()(requireFrom, importModule, pack, filename);
  loaded.set(name, { load, script });
  return load;
}

/**
 * Removes what other builds left behind long ago.
 *
 * @param {string} above
 */
function sweep(above) {
  for (const name of fs.readdirSync(above)) {
    const old = path.join(above, name);
    if (Date.now() - fs.statSync(old).mtimeMs > month) fs.rmSync(old, { recursive: true });
  }
}

/** Keeps what was compiled in this run, for the next one. Without it everything works, only later. */
function keep() {
  const cache = isIncomplete ? cacheFolder() : undefined;
  if (cache === undefined) return;
  try {
    fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
    for (const [name, { script }] of loaded) {
      if (name === 'main') continue;
      const draft = path.join(cache, `${name}.${process.pid}`);
      const code = script.createCachedData();
      fs.writeFileSync(draft, Buffer.concat([code, code]), { mode: 0o600, flag: 'wx' });
      fs.renameSync(draft, path.join(cache, name));
    }
    sweep(path.dirname(cache));
  } catch {
    // A full disk, a directory of somebody else: the next run compiles again.
  }
}

module.exports = { keep, pack };
