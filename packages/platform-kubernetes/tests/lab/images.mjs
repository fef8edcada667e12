// @ts-check
// Images without a registry and without a daemon: archives that containerd imports.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The image that stands for the pods themselves. */
export const pauseImage = 'localhost/skaha/pause:1';

/** An image with a shell, the usual tools and Node. */
export const sessionImage = 'localhost/skaha/session:1';

/**
 * @param {string} archive - path of the image that is written
 * @param {readonly string[]} names
 * @param {(root: string) => void} fill
 * @param {readonly string[]} command
 */
export function writeImage(archive, names, fill, command) {
  const work = mkdtempSync(join(tmpdir(), 'skaha-image-'));
  try {
    const root = join(work, 'root');
    mkdirSync(root);
    fill(root);
    const layer = join(work, 'layer.tar');
    const owner = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    execFileSync('tar', [...owner, '-C', root, '-cf', layer, '.']);
    const hash = createHash('sha256').update(readFileSync(layer)).digest('hex');
    const config = {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: { Env: ['PATH=/usr/local/bin:/usr/bin:/bin'], Cmd: command },
      rootfs: { type: 'layers', diff_ids: [`sha256:${hash}`] },
      history: [{ created: '1970-01-01T00:00:00Z' }],
    };
    writeFileSync(join(work, 'config.json'), JSON.stringify(config));
    const manifest = [{ Config: 'config.json', RepoTags: names, Layers: ['layer.tar'] }];
    writeFileSync(join(work, 'manifest.json'), JSON.stringify(manifest));
    execFileSync('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * Writes the images of a node.
 *
 * @param {string} folder - where the archives go
 * @param {string} busybox - a static one
 * @param {readonly string[]} [more] - further names of the image of sessions
 * @returns the archives
 */
export function writeImages(folder, busybox, more = []) {
  mkdirSync(folder, { recursive: true });
  const [pause, session] = [join(folder, 'pause.tar'), join(folder, 'session.tar')];
  writeImage(pause, [pauseImage], (root) => cpSync(busybox, join(root, 'busybox')), [
    '/busybox',
    'sleep',
    '2147483647',
  ]);
  writeImage(session, [sessionImage, ...more], (root) => fillWithNode(root, busybox), ['/bin/sh']);
  return [pause, session];
}

/**
 * A shell, the usual tools, Node, and a user of its own.
 *
 * @param {string} root
 * @param {string} busybox - a static one
 */
export function fillWithNode(root, busybox) {
  for (const path of ['bin', 'etc', 'tmp', 'proc', 'dev', 'sys', 'usr/bin']) {
    mkdirSync(join(root, path), { recursive: true });
  }
  chmodSync(join(root, 'tmp'), 0o1777);
  cpSync(busybox, join(root, 'bin', 'busybox'));
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (name === 'busybox') continue;
    symlinkSync('/bin/busybox', join(root, 'bin', name));
    symlinkSync('/bin/busybox', join(root, 'usr', 'bin', name));
  }
  writeFileSync(
    join(root, 'etc', 'passwd'),
    'root:x:0:0:root:/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n',
  );
  writeFileSync(join(root, 'etc', 'group'), 'root:x:0:\n');
  /** @param {string} path - of a program, which comes with its libraries */
  const copyProgram = (path) => {
    copyInto(root, path);
    copyLibraries(root, path);
  };
  copyProgram(process.execPath);
  // Those of busybox are one program, in which a shell opens no directory to list it.
  for (const name of ['sh', 'ls']) {
    for (const folder of ['bin', 'usr/bin']) rmSync(join(root, folder, name), { force: true });
    copyProgram(`/bin/${name}`);
  }
  if (process.execPath !== '/usr/bin/node')
    symlinkSync(process.execPath, join(root, 'usr/bin/node'));
}

/** @type {(root: string, path: string) => void} */
function copyInto(root, path) {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  cpSync(realpathSync(path), join(root, path));
}

/**
 * Copies the libraries that a program, or a module of Node, was linked with.
 *
 * @param {string} root
 * @param {string} path
 */
export function copyLibraries(root, path) {
  const needed = execFileSync('ldd', [path], { encoding: 'utf8' });
  for (const library of new Set(needed.match(/\/[^\s():]+\.so[^\s():]*/g) ?? [])) {
    if (!library.startsWith(path)) copyInto(root, library);
  }
}
