import type { ClientCore } from '../../src/client/core.js';
import {
  clientOver,
  coreFor,
  JumpingClock,
  type Received,
  type Reply,
  type TestServer,
  testServer,
  wireSession,
} from '../fixtures.js';

export const image = 'images.canfar.net/skaha/terminal:1.1.2';

/** What becomes of one launch. */
export type Fate = 'busy' | 'drop' | 'late' | 'lost' | 'ok' | 'reject' | 'unavailable';

/** A session as the stand-in keeps it. */
interface Kept {
  id: string;
  name: string;
  env: string[];
  status: string;
}

/** A server with sessions in memory, whose launches end as a test orders. */
export interface StandIn extends AsyncDisposable {
  server: TestServer;
  clock: JumpingClock;
  sessions: Kept[];
  /** Fates of the next launches; `ok` when there are none left. */
  fates: Fate[];
  /** Decides a status whenever the sessions are listed. */
  statusOf: (session: Kept) => string;
  /** Fails the next so many lists. */
  failingLists: number;
  /** Whether it tells ends, and then ends a session whose end somebody waits for. */
  tellsEnds: boolean;
  /** How many launches it takes in one request. */
  together: number;
  /** What becomes of the next requests with several launches: answered, lost, or a server's error. */
  manyFates: ('broken' | 'lost')[];
  /** A new program's connection to it. */
  connect(options?: Parameters<typeof coreFor>[1]): ReturnType<typeof clientOver>;
  add(name: string, env?: string[]): Kept;
}

/** Starts a server that stands in for a platform. */
export async function standIn(): Promise<StandIn> {
  const clock = new JumpingClock(20_000);
  const sessions: Kept[] = [];
  const late: { at: number; session: () => void }[] = [];
  const cores: ClientCore[] = [];
  let made = 0;
  const add = (name: string, env: string[] = []): Kept => {
    made += 1;
    const id = `s${String(made).padStart(7, '0')}`;
    const session = { id, name: name.toLowerCase(), env, status: 'Running' };
    sessions.push(session);
    return session;
  };
  const list = (): Reply => {
    for (const entry of late.splice(0)) {
      if (entry.at <= clock.now()) entry.session();
      else late.push(entry);
    }
    if (world.failingLists > 0) {
      world.failingLists -= 1;
      return { status: 503 };
    }
    for (const session of sessions) session.status = world.statusOf(session);
    const body = sessions.map(({ id, name, status }) => wireSession(id, { name, status, image }));
    return { body: JSON.stringify(body) };
  };
  const launch = (request: Received): Reply => {
    const form = new URLSearchParams(request.body);
    const name = form.get('name') ?? '';
    const env = form.getAll('env');
    const fate = world.fates.shift() ?? 'ok';
    if (fate === 'reject') return { status: 400, body: 'no luck' };
    if (fate === 'unavailable') return { status: 503 };
    if (fate === 'busy') return { status: 429, headers: { 'retry-after': '7' } };
    if (fate === 'drop') return 'drop';
    if (fate === 'late') {
      late.push({ at: clock.now() + 5_000, session: () => add(name, env) });
      return 'drop';
    }
    const { id } = add(name, env);
    return fate === 'lost' ? 'drop' : { body: `${id}\n` };
  };
  const byKey = new Map<string, string>();
  const launchOne = ({ key, form }: { key: string; form: [string, string][] }) => {
    const known = byKey.get(key);
    if (known !== undefined) return { id: known };
    const env = form.flatMap(([field, value]) => (field === 'env' ? [value] : []));
    if (world.fates.shift() === 'reject') return { status: 400, text: 'no luck' };
    const { id } = add(form.find(([field]) => field === 'name')?.[1] ?? '', env);
    byKey.set(key, id);
    return { id };
  };
  const launchMany = ({ body }: Received): Reply => {
    const done = JSON.parse(body).map(launchOne);
    const fate = world.manyFates.shift();
    if (fate === 'broken') return { status: 500, body: 'broken' };
    return fate === 'lost' ? 'drop' : { body: JSON.stringify(done) };
  };
  const remove = (path: string): Reply => {
    const id = path.split('/').at(-1);
    const index = sessions.findIndex((session) => session.id === id);
    if (index < 0) return { status: 404, headers: { 'content-type': 'text/plain' }, body: 'none' };
    sessions.splice(index, 1);
    return { body: '' };
  };
  const end = (path: string): Reply => {
    const session = sessions.find(({ id }) => path.endsWith(`/${id}`));
    if (session === undefined) return { status: 404 };
    session.status = 'Completed';
    const { id, name, status } = session;
    return { body: JSON.stringify(wireSession(id, { name, status, image })) };
  };
  const answer = (request: Received): Reply => {
    if (request.path.endsWith('/v1/launches')) return launchMany(request);
    if (request.method === 'POST') return launch(request);
    if (request.method === 'DELETE') return remove(request.path);
    return request.headers['prefer'] === 'wait=5' ? end(request.path) : list();
  };
  const server = await testServer((request) => {
    const reply = answer(request);
    if (reply === 'drop') return reply;
    const offers = {
      ...(world.tellsEnds ? { 'accept-wait': '5' } : {}),
      ...(world.together > 1 ? { 'accept-launches': String(world.together) } : {}),
    };
    return { ...reply, headers: { ...reply.headers, ...offers } };
  });
  const world: StandIn = {
    ...{ server, clock, sessions, fates: [], failingLists: 0, tellsEnds: false, add },
    ...{ together: 1, manyFates: [] },
    statusOf: ({ status }) => status,
    connect: (options = {}) => {
      const core = coreFor(server.url, { clock, concurrency: 4, ...options });
      cores.push(core);
      return clientOver(core);
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(cores.map((core) => core.close()));
      await server[Symbol.asyncDispose]();
    },
  };
  return world;
}

/** The numbers of the replicas that exist, in order. */
export const replicaIds = (sessions: readonly Kept[]): number[] =>
  sessions
    .flatMap(({ env }) => env.filter((entry) => entry.startsWith('REPLICA_ID=')))
    .map((entry) => Number(entry.slice('REPLICA_ID='.length)))
    .sort((a, b) => a - b);
