// @ts-check
// The image of the platform as container/platform/Dockerfile makes it, without a registry and without a
// daemon: what is packed for publishing, and what it needs from node_modules.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packAll } from '../../../../scripts/lib/packages.mjs';
import { root } from '../../../../scripts/lib/root.mjs';
import { copyLibraries, fillWithNode, writeImage } from './images.mjs';

const modules = join(root, 'node_modules');

/**
 * Copies a package with all that it needs.
 *
 * @param {string} from - a package's folder
 * @param {string} to - folder of modules
 * @param {Set<string>} done
 */
function copyNeeded(from, to, done) {
  const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  const { dependencies = {}, optionalDependencies = {} } = manifest;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const nested = join(from, 'node_modules', name);
    const source = existsSync(nested) ? nested : join(modules, name);
    // What is for another system was not installed.
    if (done.has(name) || !existsSync(source)) continue;
    done.add(name);
    cpSync(source, join(to, name), { recursive: true, dereference: true });
    copyNeeded(source, to, done);
  }
}

/**
 * The command of the image, as its Dockerfile says it.
 *
 * @param {string} folder - where its program is
 * @returns {string[]}
 */
function entryPoint(folder) {
  const text = readFileSync(join(root, 'container/platform/Dockerfile'), 'utf8');
  const [, words = '[]'] = /^ENTRYPOINT (\[.*\])$/m.exec(text) ?? [];
  const command = JSON.parse(words);
  return [...command.slice(0, -1), join(folder, command.at(-1))];
}

/**
 * @param {string} archive - path of the image that is written
 * @param {readonly string[]} names
 * @param {string} busybox - a static one
 */
export async function writePlatformImage(archive, names, busybox) {
  const work = mkdtempSync(join(tmpdir(), 'skaha-packed-'));
  try {
    const { packed } = await packAll(work);
    writeImage(
      archive,
      names,
      (folder) => {
        fillWithNode(folder, busybox);
        const top = join(folder, 'opt/skaha');
        const done = new Set(['skaha-platform', 'skaha-platform-kubernetes']);
        for (const { name, file } of packed) {
          if (!done.has(name)) continue;
          const place = join(top, 'node_modules', name);
          mkdirSync(place, { recursive: true });
          execFileSync('tar', ['-C', place, '--strip-components=1', '-xzf', file]);
          copyNeeded(place, join(top, 'node_modules'), done);
        }
        for (const path of readdirSync(top, { recursive: true, encoding: 'utf8' })) {
          if (path.endsWith('.node') && !path.includes('musl'))
            copyLibraries(folder, join(top, path));
        }
        cpSync(join(root, 'container/platform/serve.mjs'), join(top, 'serve.mjs'));
      },
      entryPoint('/opt/skaha'),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
