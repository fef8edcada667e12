import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLogger } from '@skaha/base/logger.js';
import Database from 'libsql';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import { ManualClock } from '../../../base/tests/manual-clock.js';
import { type Creation, Orchestrator } from '../../src/orchestration/orchestrator.js';
import type { RunnerListener } from '../../src/ports/runner.js';
import type { SessionPlan } from '../../src/sessions/record.js';
import { SessionStore } from '../../src/store/session-store.js';
import { gib, resources, rules } from '../fixtures.js';
import { Memory } from '../store/memory-backing.js';
import { Cluster } from './queueing-runner.js';

// A platform over a runner that has a queue of its own.

const day = 86_400_000;

async function setUp(
  cluster = new Cluster(),
  data = temporaryDirectory(),
  store = SessionStore.open(join(data, 'skaha.db')),
) {
  const clock = new ManualClock();
  let listener: RunnerListener | undefined;
  const orchestrator = new Orchestrator({
    store,
    clock,
    logger: silentLogger,
    // Smaller than any session: what there is room for is not this platform's business.
    rules: rules(0.5, 1),
    lifetimes: {
      interactiveSeconds: 7_200,
      headlessSeconds: 3_600,
      keepInteractiveSeconds: 60,
      keepHeadlessSeconds: 60,
      stopGraceMs: 10,
    },
    factsOf: () => ({
      image: undefined,
      uid: 1000,
      groups: [2000, 2001],
      projects: ['survey'],
      origin: 'https://127.0.0.1:1',
      processes: 100,
      headlessNetwork: 'none',
      interactiveNetwork: 'none',
      programs: { path: '', ownProgram: () => undefined },
      pageToken: (id) => `page-of-${id}`,
      callbackToken: (id) => `callback-of-${id}`,
    }),
    runner: (given) => {
      listener = given;
      return cluster.runner(given);
    },
  });
  await orchestrator.recover();
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await orchestrator.stop('leave');
    store.close();
  };
  onTestFinished(close);
  const told = listener as unknown as RunnerListener;
  /** Once what was told is written down. */
  const tell = async (what: (to: RunnerListener) => void) => {
    what(told);
    await orchestrator.schedule();
  };
  /** A session that waits in the queue of the runner. */
  const queued = async (what = plan(), creation: Creation = {}) => {
    const record = await orchestrator.create(what, creation);
    await until(() => life(record.key)?.awaitsRunner === true);
    return record;
  };
  const life = (key: string) => orchestrator.sessions.visible(key)?.life;
  const reasons = (key: string) => orchestrator.sessions.events(key).map(({ reason }) => reason);
  return { orchestrator, cluster, clock, data, close, queued, tell, life, reasons };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

const plan = (more: Partial<SessionPlan> = {}): SessionPlan => ({
  owner: 'ada',
  name: 'fit',
  kind: 'headless',
  image: 'images.example.org/skaha/fit:1',
  resources: resources(8, 32),
  workload: { cmd: 'fit', env: [['SURVEY', 'north']] },
  keepSeconds: 60,
  deadlineSeconds: 3_600,
  ...more,
});

const submitted = (cluster: Cluster, key: string) =>
  [...cluster.jobs.values()].find((run) => run.key === key);

describe('a runner with a queue of its own', () => {
  test('is given every session at once, and tells why it waits', async () => {
    const { orchestrator, cluster, queued, life, reasons } = await setUp();
    const made = await Promise.all(Array.from({ length: 20 }, () => queued()));
    expect(cluster.jobs.size).toBe(20);
    for (const { key } of made) {
      expect(life(key)).toMatchObject({ phase: 'starting', awaitsRunner: true });
      expect(reasons(key)).toEqual(['Pending']);
    }
    // What waits takes nothing yet.
    expect(orchestrator.sessions.used()).toEqual({ cores: 0, memory: 0, sessions: 0 });
    expect(orchestrator.admission.capacity).toEqual(cluster.capacity);
  });

  test('learns of a session what it needs, its secrets apart', async () => {
    const { cluster, queued } = await setUp();
    const resources = { ...plan().resources, cores: 1, gpus: 2 };
    const { key, id } = await queued(plan({ kind: 'notebook', resources }));
    const run = submitted(cluster, key);
    expect(run).toMatchObject({
      name: 'fit',
      job: `skaha-notebook-ada-${id}`,
      groups: [2000, 2001],
      gpus: 2,
      lifetimeSeconds: 3_600,
      requests: { cores: 1, memory: 32 * gib },
      limits: { cores: 8, memory: 32 * gib },
      secrets: { JUPYTER_TOKEN: `page-of-${id}` },
      volumes: [
        { kind: 'home', user: 'ada' },
        { kind: 'scratch', key },
        { kind: 'project', name: 'survey' },
      ],
    });
    expect(JSON.stringify(run?.environment)).not.toContain('page-of-');
  });

  test('may let it wait for days: its lifetime begins when it has a place', async () => {
    const { orchestrator, clock, queued, tell, life } = await setUp();
    const { key } = await queued();
    await clock.advance(30 * day);
    await orchestrator.schedule();
    expect(life(key)?.phase).toBe('starting');
    await tell((to) => to.pending(key, { queued: false }));
    expect(orchestrator.sessions.used()).toMatchObject({ cores: 8, sessions: 1 });
    await clock.advance(1_000);
    await tell((to) => to.started(key, clock.now() - 500));
    expect(life(key)).toMatchObject({ phase: 'running', startedAt: clock.now() - 500 });
    // A place that it does not come to use is given up after its lifetime.
    const stuck = await queued();
    await tell((to) => to.pending(stuck.key, { queued: false }));
    await clock.advance(3_601_000);
    await orchestrator.schedule();
    await until(() => life(stuck.key)?.phase === 'failed');
  });

  test('may take a place back, and the session runs again later', async () => {
    const { clock, queued, tell, life, reasons } = await setUp();
    const { key } = await queued();
    await tell((to) => to.started(key));
    await clock.advance(1_800_000);
    const note = { level: 'Warning', reason: 'Preempted', message: 'made room' } as const;
    await tell((to) => to.pending(key, { queued: true, note }));
    expect(life(key)).toMatchObject({ phase: 'starting', awaitsRunner: true });
    expect(life(key)?.startedAt).toBeUndefined();
    expect(reasons(key).at(-1)).toBe('Preempted');
    await clock.advance(30 * day);
    await tell((to) => to.started(key));
    expect(life(key)).toMatchObject({ phase: 'running', startedAt: clock.now() });
    await tell((to) => to.ended(key, { status: 0 }));
    expect(life(key)?.phase).toBe('completed');
    // Nothing counts after the end.
    await tell((to) => to.pending(key, { queued: true }));
    expect(life(key)?.phase).toBe('completed');
  });

  test('has the last word on a renewal', async () => {
    const { orchestrator, cluster, clock, queued, tell, life } = await setUp();
    const { key } = await queued();
    await tell((to) => to.started(key));
    await clock.advance(1_000);
    cluster.refusal = 'the API server is gone';
    await expect(orchestrator.renew('ada', key)).rejects.toThrow('the API server is gone');
    expect(life(key)?.deadlineSeconds).toBe(3_600);
    cluster.refusal = undefined;
    expect(await orchestrator.renew('ada', key)).toBe(true);
    expect(life(key)?.deadlineSeconds).toBe(7_201);
    expect(submitted(cluster, key)?.lifetimeSeconds).toBe(7_201);
  });

  test('keeps a login before the session is accepted, or there is no session', async () => {
    const { orchestrator, cluster } = await setUp();
    const login = { username: 'ada', secret: 'swordfish', isPrivate: true };
    const { key } = await orchestrator.create(plan(), { login });
    expect(cluster.logins.get(key)).toEqual(login);
    cluster.refusal = 'the API server is gone';
    await expect(orchestrator.create(plan(), { login })).rejects.toThrow('gone');
    expect([...orchestrator.sessions.alive()]).toHaveLength(1);
  });

  test('that is out of touch leaves sessions as they were, and this is told', async () => {
    const { orchestrator, queued, tell, life } = await setUp();
    const { key } = await queued();
    await tell((to) => to.started(key));
    await tell((to) => to.outOfTouch('the API server is gone'));
    expect(orchestrator.runner.trouble).toBe('the API server is gone');
    expect(life(key)?.phase).toBe('running');
    await tell((to) => to.outOfTouch(undefined));
    expect(orchestrator.runner.trouble).toBeUndefined();
  });
});

describe('another platform', () => {
  test('asks once for all runs, launches what never was, and nothing twice', async () => {
    const first = await setUp();
    const { cluster } = first;
    const kinds = ['waits', 'runs', 'back', 'lost', 'unknown', 'over', 'never'] as const;
    const keys = new Map<string, string>();
    for (const kind of kinds) keys.set(kind, (await first.queued()).key);
    const key = (kind: (typeof kinds)[number]) => keys.get(kind) ?? '';
    for (const kind of ['back', 'lost', 'unknown', 'over'] as const) {
      await first.tell((to) => to.started(key(kind)));
    }
    await first.close();
    const forget = (kind: (typeof kinds)[number]) =>
      cluster.jobs.delete(`skaha-headless-ada-${key(kind)}`);
    forget('lost');
    forget('never');
    cluster.states.set(key('runs'), { state: 'running' });
    cluster.states.set(key('unknown'), { state: 'unknown' });
    const cause = { reason: 'Evicted', message: 'The node was low on memory' } as const;
    cluster.states.set(key('over'), { state: 'ended', end: { status: 137, cause } });
    cluster.lists = 0;
    const jobs = new Map(cluster.jobs);
    const second = await setUp(cluster, first.data);
    await second.orchestrator.schedule();
    expect(cluster.lists).toBe(1);
    const phase = (kind: (typeof kinds)[number]) => second.life(key(kind))?.phase;
    expect(phase('waits')).toBe('starting');
    expect(phase('runs')).toBe('running');
    expect(phase('back')).toBe('starting');
    expect(phase('unknown')).toBe('running');
    expect(second.life(key('over'))).toMatchObject({ phase: 'failed', endReason: 'Evicted' });
    expect(second.orchestrator.sessions.events(key('over'))).toContainEqual(
      expect.objectContaining({ reason: 'Evicted', message: 'The node was low on memory' }),
    );
    // One that had run is not run a second time.
    expect(second.life(key('lost'))).toMatchObject({ phase: 'failed', endReason: 'Deleted' });
    expect(phase('never')).toBe('starting');
    expect(new Set(cluster.jobs.keys())).toEqual(
      new Set([...jobs.keys(), `skaha-headless-ada-${key('never')}`]),
    );
  });

  test('ends what is nobody\u2019s, and leaves alone what it only cannot read', async () => {
    const first = await setUp();
    const { cluster, data } = first;
    const [kept, broken] = [await first.queued(), await first.queued()];
    await first.close();
    const database = new Database(join(data, 'skaha.db'));
    database.prepare("UPDATE sessions SET record = '{' WHERE key = ?").run(broken.key);
    database.close();
    const run = submitted(cluster, kept.key);
    if (run !== undefined) cluster.jobs.set('orphan', { ...run, key: 'orphan' });
    const store = SessionStore.open(join(data, 'skaha.db'));
    expect(store.setDamagedAside(0)).toEqual([broken.key]);
    store.close();
    const second = await setUp(cluster, data);
    expect(second.life(broken.key)).toBeUndefined();
    expect([...cluster.jobs.values()].map(({ key }) => key).sort()).toEqual(
      [kept.key, broken.key].sort(),
    );
  });
});

describe('a store beside this machine', () => {
  const backed = async (memory: Memory, data = temporaryDirectory()) =>
    await SessionStore.openBacked(join(data, 'copy.db'), memory.open(), silentLogger);

  test('that is away: nothing is begun or ended, and what happened is carried out later', async () => {
    const memory = new Memory();
    const { orchestrator, cluster, queued, life } = await setUp(
      new Cluster(),
      temporaryDirectory(),
      await backed(memory),
    );
    const { key } = await queued();
    memory.isAway = true;
    await expect(orchestrator.create(plan())).rejects.toThrow('it is away');
    await expect(orchestrator.delete('ada', key)).rejects.toThrow('it is away');
    expect(cluster.jobs.size).toBe(1);
    expect(orchestrator.isStoring).toBe(false);
    memory.isAway = false;
    await until(() => orchestrator.isStoring);
    await orchestrator.delete('ada', key);
    await until(() => life(key) === undefined && memory.rows.get('sessions')?.size === 0);
    expect(cluster.jobs.size).toBe(0);
  });

  test('that is lost in the very moment: what was decided waits until it is there again', async () => {
    const memory = new Memory();
    const { orchestrator, cluster, queued } = await setUp(
      new Cluster(),
      temporaryDirectory(),
      await backed(memory),
    );
    const { key } = await queued();
    // Nobody knows of it yet when the deletion comes.
    const deletion = orchestrator.delete('ada', key);
    memory.isAway = true;
    await expect(deletion).rejects.toThrow('it is away');
    expect(cluster.jobs.size).toBe(1);
    memory.isAway = false;
    await until(() => cluster.jobs.size === 0);
  });

  test('whose place another took: the earlier one does nothing more', async () => {
    const memory = new Memory();
    const { orchestrator, cluster, queued } = await setUp(
      new Cluster(),
      temporaryDirectory(),
      await backed(memory),
    );
    const { key } = await queued();
    await backed(memory);
    await expect(orchestrator.delete('ada', key)).rejects.toThrow('another writes');
    expect(cluster.jobs.size).toBe(1);
    expect(memory.rows.get('sessions')?.size).toBe(1);
  });
});
