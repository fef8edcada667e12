// @ts-check
// Files to and from the platform: a large one beside the bare work over the same TLS, and many small
// ones beside `vcp`.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:https';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { root } from '../../scripts/lib/root.mjs';
import { ended, plainEnvironment, withFolder, withService } from '../lib/programs.mjs';

/** @typedef {import('../lib/figures.mjs').Figure} Figure */

const command = join(root, 'packages/client/bin/skaha.js');
const programs = new URL('../programs/', import.meta.url);
const highWaterMark = 524_288;

/** @param {string} text */
const skipped = (text) => void process.stderr.write(`skipped: ${text}\n`);

/** @param {() => Promise<unknown>} work */
async function timeOf(work) {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** @param {string} path @param {number} megabytes */
function makeLarge(path, megabytes) {
  const file = openSync(path, 'w');
  const piece = randomBytes(1_000_000);
  for (let at = 0; at < megabytes; at += 1) {
    piece.writeUInt32LE(at);
    writeSync(file, piece);
  }
  closeSync(file);
}

/** @param {string} path */
async function sha1(path) {
  const hash = createHash('sha1');
  for await (const chunk of createReadStream(path, { highWaterMark })) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * A copy through TLS that does nothing but copy, and then the checksum of the copy: `cp` and
 * `sha1sum`, over what the bytes of the platform go over, too. It is on the disk at the end, as ours is:
 * without that a slow disk alone would decide.
 *
 * @param {string} folder @param {string} data
 */
async function bareCopies(folder, data) {
  const pem = readFileSync(join(data, 'private/server.pem'));
  const kept = join(folder, 'bare');
  const server = createServer({ key: pem, cert: pem }, (incoming, outgoing) => {
    const work =
      incoming.method === 'PUT'
        ? pipeline(incoming, createWriteStream(kept, { highWaterMark, flush: true })).then(
            () => void outgoing.writeHead(201).end(),
          )
        : pipeline(createReadStream(kept, { highWaterMark }), outgoing);
    work.catch(() => outgoing.destroy());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const program = fileURLToPath(new URL('bare-copy.mjs', programs));
  const copy = (/** @type {string} */ method, /** @type {string} */ path) =>
    ended(process.execPath, [program, String(port), method, path]);
  return {
    up: (/** @type {string} */ path) => timeOf(() => copy('PUT', path).then(() => sha1(kept))),
    down: (/** @type {string} */ path) => timeOf(() => copy('GET', path).then(() => sha1(path))),
    close: () => server.close(),
  };
}

/** `skaha data cp`, with the most memory it had. */
class Command {
  /** @param {string} folder @param {{url: string, token: string, ca: string}} at */
  constructor(folder, { url, token, ca }) {
    this.report = join(folder, 'memory');
    this.env = {
      ...plainEnvironment(),
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_CACHE_HOME: folder,
      XDG_STATE_HOME: folder,
      SKAHA_URL: url,
      SKAHA_TOKEN: token,
      SKAHA_CA: ca,
      NODE_OPTIONS: `--import=${new URL('report-memory.mjs', programs).href}`,
      BENCH_MEMORY: this.report,
    };
  }

  /** @param {readonly string[]} words */
  copy = (...words) => timeOf(() => this.run('cp', ...words));

  /** @param {readonly string[]} words */
  run = (...words) => ended(process.execPath, [command, 'data', ...words], this.env);

  get bytes() {
    return Number(readFileSync(this.report, 'utf8'));
  }
}

/**
 * One large file up and down, with the memory that both sides need for it beside that for a small one.
 *
 * @param {number} megabytes
 */
const large = (megabytes) =>
  withFolder(async (folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    return withService('platform', { data }, async (service, at) => {
      const ours = new Command(folder, at);
      const bare = await bareCopies(folder, data);
      try {
        const home = `arc:/home/${basename(at.tokenFile, '.token')}`;
        const [source, target] = [join(folder, 'source'), join(folder, 'target')];
        makeLarge(source, 20);
        await ours.copy(source, `${home}/small`);
        const before = { client: ours.bytes, server: (await service.memory()).most };
        makeLarge(source, megabytes);
        const up = await ours.copy(source, `${home}/large`);
        const first = ours.bytes;
        const down = await ours.copy(`${home}/large`, target);
        const client = Math.max(first, ours.bytes);
        const server = (await service.memory()).most;
        await ours.run('rm', '--yes', `${home}/large`);
        const others = { up: await bare.up(source), down: await bare.down(target) };
        const against = `${megabytes} MB over TLS, and sha1sum`;
        const mega = (/** @type {number} */ bytes) => bytes / 1e6;
        /** @type {Figure[]} */
        const figures = [
          { name: 'a large file up', against, unit: 'ms', value: up, reference: others.up },
          { name: 'a large file down', against, unit: 'ms', value: down, reference: others.down },
          ...[
            { name: 'memory of the command', value: client, reference: before.client },
            { name: 'memory of the platform', value: server, reference: before.server },
          ].map(({ name, value, reference }) => ({
            name: `${name} for a large file`,
            against: 'that for 20 MB',
            unit: /** @type {const} */ ('MB'),
            value: mega(value),
            reference: mega(reference),
          })),
        ];
        return figures;
      } finally {
        bare.close();
      }
    });
  });

/**
 * The `vcp` of the Python client for VOSpace, in an environment of its own, if it can be had.
 *
 * @param {string} folder @param {{ca: string, certificate: string, port: number}} at
 */
function installVcp(folder, { ca, certificate, port }) {
  const place = join(folder, 'python');
  const bin = join(place, 'bin');
  for (const [file, words] of /** @type {const} */ ([
    ['python3', ['-m', 'venv', place]],
    [join(bin, 'python'), ['-m', 'pip', 'install', '-q', 'vos==3.7']],
  ])) {
    const { status, stderr, error } = spawnSync(file, words, { encoding: 'utf8' });
    if (status !== 0) {
      skipped(`vcp cannot be installed: ${error?.message ?? stderr.trim().split('\n').at(-1)}`);
      return undefined;
    }
  }
  // Its registry is looked up with the authorities of certifi alone.
  const where = ['-c', 'import certifi; print(certifi.where())'];
  const bundle = spawnSync(join(bin, 'python'), where, { encoding: 'utf8' }).stdout.trim();
  appendFileSync(bundle, readFileSync(ca));
  mkdirSync(join(folder, '.ssl'));
  copyFileSync(certificate, join(folder, '.ssl/cadcproxy.pem'));
  const env = {
    ...plainEnvironment(),
    HOME: folder,
    REQUESTS_CA_BUNDLE: bundle,
    VOSPACE_WEBSERVICE: `127.0.0.1:${port}`,
  };
  return (/** @type {string[]} */ ...words) => timeOf(() => ended(join(bin, 'vcp'), words, env));
}

/** @param {string} folder @param {number} files */
function makeSmall(folder, files) {
  mkdirSync(folder);
  for (let index = 0; index < files; index += 1) {
    writeFileSync(join(folder, `${index}.dat`), randomBytes(1_000));
  }
}

/**
 * Many files of 1 kB up and down. `vcp` moves fewer of them, as it would take minutes.
 *
 * @param {number} files @param {number} few
 * @returns {Promise<Figure[]>}
 */
const small = (files, few) =>
  withFolder((folder) => {
    const data = join(folder, 'data');
    mkdirSync(data);
    return withService('platform', { data }, async (_, at) => {
      const vcp = installVcp(folder, at);
      if (vcp === undefined) return [];
      const ours = new Command(folder, at);
      const home = `/home/${basename(at.tokenFile, '.token')}`;
      const [many, some] = [join(folder, 'many'), join(folder, 'some')];
      makeSmall(many, files);
      makeSmall(some, few);
      const up = await ours.copy('-r', many, `arc:${home}/many`);
      const down = await ours.copy('-r', `arc:${home}/many`, join(folder, 'back'));
      const theirUp = await vcp(`${some}/`, `arc:${home.slice(1)}/some`);
      const theirDown = await vcp(`arc:${home.slice(1)}/some/`, join(folder, 'theirs'));
      rmSync(many, { recursive: true });
      const figure = (
        /** @type {string} */ way,
        /** @type {number} */ a,
        /** @type {number} */ b,
      ) => ({
        name: `files of 1 kB ${way}, each of many`,
        unit: /** @type {const} */ ('ms'),
        against: 'vcp',
        value: a / files,
        reference: b / few,
      });
      return [figure('up', up, theirUp), figure('down', down, theirDown)];
    });
  });

/**
 * @param {import('../run.mjs').Context} context
 * @returns {Promise<Figure[]>}
 */
export const storage = async ({ quick }) => [
  ...(await large(quick ? 200 : 5_000)),
  ...(await (quick ? small(1_000, 100) : small(10_000, 300))),
];
