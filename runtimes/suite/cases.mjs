// @ts-check
// What the library must do in every runtime: one list, run by each of them against one platform.
import { equal, holds, rejection } from './expect.mjs';

/**
 * What a case works with.
 *
 * @typedef {object} Lab
 * @property {typeof import('skaha')} library
 * @property {typeof import('skaha/storage').Storage} Storage
 * @property {(options?: import('skaha').SkahaClientOptions) => import('skaha').SkahaClient} connect
 * @property {(text?: string) => Promise<void>} fault - orders a misbehaviour of the platform; lifts all without one
 * @property {string} prefix - of names, for this run alone
 * @property {boolean} [isBrowser]
 */

/**
 * @typedef {object} Case
 * @property {string} group
 * @property {string} name
 * @property {string} [notInBrowsers] - why it cannot hold there
 * @property {(lab: Lab) => Promise<void>} run
 */

const image = 'skaha/terminal:1.1.2';
const soon = { timeoutMs: 60_000 };
const often = { intervalMs: 100 };

/**
 * A session that runs until it is ended.
 *
 * @param {Lab} lab
 * @param {import('skaha').SkahaClient} skaha
 * @param {string} name
 */
async function sleeper({ prefix }, skaha, name) {
  const { ids } = await skaha.sessions.create({
    name: `${prefix}-${name}`,
    image,
    cmd: 'sleep',
    args: ['60'],
  });
  const [id = ''] = ids;
  return id;
}

/**
 * The home of whoever asks: nobody is shown those of others.
 *
 * @param {import('skaha/storage').Storage} arc
 */
async function homeIn(arc) {
  for await (const { path } of arc.list('/home')) return path;
  throw new Error('no home');
}

/** @type {readonly Case[]} */
export const cases = [
  {
    group: 'sessions',
    name: 'replicas run, and tell what they were told',
    async run({ connect, prefix, library }) {
      const skaha = connect();
      const { ids, sessions } = await skaha.sessions.create({
        name: `${prefix}-pair`,
        image,
        ...library.scriptCommand('echo "$BAND $REPLICA_ID/$REPLICA_COUNT"; echo "é ok"'),
        env: { BAND: 'r' },
        replicas: 2,
      });
      equal(
        sessions.map(({ name }) => name),
        [`${prefix}-pair-1`, `${prefix}-pair-2`],
      );
      const ended = await skaha.sessions.wait(ids, { until: 'finished', ...soon, ...often });
      equal(
        ended.map(({ status, kind }) => `${kind} ${status}`),
        ['headless Completed', 'headless Completed'],
      );
      const logs = await skaha.sessions.logs(ids);
      equal(
        logs.map(({ text }) => text),
        ['r 1/2\né ok\n', 'r 2/2\né ok\n'],
      );
      const events = await skaha.sessions.events(ids.slice(0, 1));
      holds((events[0]?.events.length ?? 0) > 0, 'a session has events');
      await skaha.sessions.destroy(ids);
      const listed = await skaha.sessions.fetch();
      holds(!listed.some(({ id }) => ids.includes(id)), 'what was destroyed is gone');
    },
  },
  {
    group: 'sessions',
    name: 'are renewed and destroyed by name',
    async run(lab) {
      const skaha = lab.connect();
      const id = await sleeper(lab, skaha, 'renewed');
      await skaha.sessions.wait([id], { until: 'running', ...soon, ...often });
      const [renewed] = await skaha.sessions.renew([id]);
      equal(renewed?.id, id);
      const { destroyed } = await skaha.sessions.destroyWith({ prefix: `${lab.prefix}-renewed` });
      equal(
        destroyed.map((session) => session.id),
        [id],
      );
    },
  },
  {
    group: 'images',
    name: 'are listed, and by kind',
    async run({ connect }) {
      const skaha = connect();
      const all = await skaha.images.fetch();
      const headless = await skaha.images.details({ kind: 'headless' });
      holds(all.length > headless.length && headless.length > 0, 'a kind has some of the images');
      holds(
        headless.every(({ types }) => types.includes('headless')),
        'and only its own',
      );
    },
  },
  {
    group: 'context',
    name: 'tells what may be asked for',
    async run({ connect }) {
      const skaha = connect();
      const { cores, memoryGiB } = await skaha.context.resources();
      holds(cores.options.length > 0 && memoryGiB.options.length > 0, 'there are options');
      const stats = await skaha.sessions.stats();
      holds((stats.cores.capacity ?? 0) > 0, 'the platform has cores');
    },
  },
  {
    group: 'overview',
    name: 'tells that the platform is there, and what it offers',
    async run({ connect }) {
      const skaha = connect();
      equal((await skaha.overview.availability()).available, true);
      holds((await skaha.overview.capabilities()).length > 0, 'there are capabilities');
    },
  },
  {
    group: 'watching',
    name: 'sees a session come, and stops when it is told to',
    async run(lab) {
      const skaha = lab.connect();
      const id = await sleeper(lab, skaha, 'watched');
      const changes = [];
      for await (const { status, change } of skaha.sessions.watch([id], often)) {
        changes.push(change);
        if (status === 'Running') break;
      }
      equal(changes[0], 'added');
      await skaha.sessions.destroy([id]);
    },
  },
  {
    group: 'watching',
    name: 'follows a log to its end',
    async run({ connect, prefix, library }) {
      const skaha = connect();
      const { ids } = await skaha.sessions.create({
        name: `${prefix}-told`,
        image,
        ...library.scriptCommand('for i in 1 2 3; do echo "line $i"; sleep 0.2; done'),
      });
      let text = '';
      for await (const piece of skaha.sessions.follow(ids[0] ?? '', often)) text += piece;
      equal(text.split('\n').filter(Boolean), ['line 1', 'line 2', 'line 3']);
      await skaha.sessions.destroy(ids);
    },
  },
  {
    group: 'waiting',
    name: 'has an end of its own',
    async run(lab) {
      const skaha = lab.connect();
      const id = await sleeper(lab, skaha, 'long');
      const wait = skaha.sessions.wait([id], { until: 'finished', timeoutMs: 300, ...often });
      equal((await rejection(wait)).code, 'wait.timeout');
      await skaha.sessions.destroy([id]);
    },
  },
  {
    group: 'errors',
    name: 'tell an id that is not there, and keep the rest',
    async run({ connect }) {
      const skaha = connect();
      const error = await rejection(skaha.sessions.info(['nosuchid']));
      equal([error.code, error.id], ['session.not_found', 'nosuchid']);
      holds(typeof error.hint === 'string', 'there is a hint');
    },
  },
  {
    group: 'errors',
    name: 'come before a request that cannot be right',
    async run({ connect, library, prefix }) {
      const skaha = connect();
      const error = await rejection(
        skaha.sessions.create({ name: `${prefix}-bad`, image, cores: 0 }),
      );
      holds(error instanceof library.ValidationError, 'it is a ValidationError');
      equal(error.code, 'request.invalid');
    },
  },
  {
    group: 'errors',
    name: 'tell a credential that is not taken',
    async run({ connect }) {
      const skaha = connect({ token: 'not-a-token' });
      const error = await rejection(skaha.sessions.fetch());
      holds(error.code.startsWith('authentication.'), `${error.code} is about authentication`);
      holds(!JSON.stringify(error).includes('not-a-token'), 'the token is not in it');
    },
  },
  {
    group: 'retries',
    name: 'carry a listing over a bad moment',
    async run({ connect, fault }) {
      const skaha = connect();
      await fault('status-503,retryAfterSeconds=0,first=2,method=GET,path=/skaha/v1/session');
      holds(Array.isArray(await skaha.sessions.fetch()), 'the list came');
    },
  },
  {
    group: 'retries',
    name: 'never create twice: a lost answer is found by looking',
    notInBrowsers: 'the browser itself sends a request again when a connection it reuses breaks',
    async run(lab) {
      const skaha = lab.connect();
      await lab.fault('lost-response,method=POST,first=1');
      const id = await sleeper(lab, skaha, 'lost');
      const named = (await skaha.sessions.fetch()).filter(
        ({ name }) => name === `${lab.prefix}-lost`,
      );
      equal(
        named.map((session) => session.id),
        [id],
      );
      await skaha.sessions.destroy([id]);
    },
  },
  {
    group: 'cancellation',
    name: 'ends a request that is under way',
    async run({ connect, fault }) {
      const skaha = connect();
      await fault('slow,delayMs=20000,path=/skaha/v1/image');
      const controller = new AbortController();
      const listing = skaha.images.fetch({ signal: controller.signal });
      setTimeout(() => controller.abort(), 50);
      equal((await rejection(listing)).code, 'request.aborted');
      equal((await rejection(skaha.images.fetch({ timeoutMs: 200 }))).code, 'transport.timeout');
    },
  },
  {
    group: 'batches',
    name: 'come to one outcome each',
    async run({ connect, prefix }) {
      const skaha = connect();
      const ids = [];
      const batch = skaha.batch({ name: `${prefix}-batch`, image, cmd: 'true', replicas: 3 });
      for await (const { id } of batch) ids.push(id);
      equal(new Set(ids).size, 3);
      await skaha.sessions.destroy(ids.filter((id) => id !== undefined));
    },
  },
  {
    group: 'distribution',
    name: 'shares work out among replicas',
    async run({ library }) {
      equal([...library.chunk([1, 2, 3, 4, 5], { replica: 1, total: 2 })], [1, 2, 3]);
      equal([...library.stripe([1, 2, 3, 4, 5], { replica: 2, total: 2 })], [2, 4]);
    },
  },
  {
    group: 'storage',
    name: 'what is written is listed, read in parts, copied and removed',
    async run({ Storage, connect, prefix }) {
      const arc = new Storage(connect());
      const home = await homeIn(arc);
      const folder = `${home}/${prefix}-ü #1`;
      const bytes = new Uint8Array(300_000).map((_, index) => index % 251);
      await arc.makeDirectory(folder);
      const { verified, sizeBytes } = await arc.write(`${folder}/a`, bytes);
      equal([verified, sizeBytes], ['checksum', bytes.length]);
      await arc.write(`${folder}/sub/b`, 'é', { parents: true });
      await arc.copy(`${folder}/a`, `${folder}/c`);
      const names = [];
      for await (const { name } of arc.list(folder)) names.push(name);
      equal(names.sort(), ['a', 'c', 'sub']);
      const whole = await new Response(await arc.read(`${folder}/c`)).arrayBuffer();
      holds(
        new Uint8Array(whole).every((byte, index) => byte === bytes[index]),
        'the bytes',
      );
      const part = await arc.read(`${folder}/a`, { range: { startBytes: 10, endBytes: 13 } });
      equal([...new Uint8Array(await new Response(part).arrayBuffer())], [10, 11, 12]);
      const { files, bytes: sum } = await arc.usage(folder);
      equal([files, sum], [3, 600_002]);
      equal((await rejection(arc.info(`${folder}/none`))).code, 'storage.not_found');
      for (const name of ['a', 'c', 'sub/b', 'sub', '']) await arc.remove(`${folder}/${name}`);
      equal(await arc.exists(folder), false);
    },
  },
  {
    group: 'storage',
    name: 'trees are moved and removed',
    async run({ Storage, connect, prefix }) {
      const arc = new Storage(connect());
      const home = await homeIn(arc);
      await arc.write(`${home}/${prefix}-tree/sub/a`, 'x', { parents: true });
      await arc.move(`${home}/${prefix}-tree`, `${home}/${prefix}-moved`);
      equal((await arc.info(`${home}/${prefix}-moved/sub/a`)).sizeBytes, 1);
      await arc.remove(`${home}/${prefix}-moved`, { recursive: true });
      equal(await arc.exists(`${home}/${prefix}-moved`), false);
    },
  },
];
