import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Run, Runner } from '@skaha/engine/ports/runner.js';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../platform/tests/fixtures.js';
import { RunnerBench } from '../../platform/tests/runners/set-up.js';
import { openKubernetes } from '../src/open.js';
import { namespaceIn, runnerFor, testCluster } from './cluster.js';

const image = 'images.example.org/tests/machine:1';
const cluster = testCluster({ images: [image] });

async function bench(
  config: Readonly<Record<string, unknown>> = {},
  graceMs = 1_000,
): Promise<{ bench: RunnerBench; runner: Runner; namespace: string }> {
  const namespace = namespaceIn(cluster);
  const one = new RunnerBench(runnerFor(cluster, { namespace, ...config }), graceMs);
  const runner = await one.runner();
  one.homeInside = runner.placeOf({ kind: 'home', user: 'ada' });
  onTestFinished(async () => {
    await (await one.runner()).tidy(() => false);
  });
  await runner.recover([]);
  return { bench: one, runner, namespace };
}

const forever = ['/bin/sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.05; done'];
const job = (namespace: string, run: Run) =>
  JSON.parse(cluster.kubectl(['-n', namespace, 'get', 'job', run.job, '-o', 'json']));
const podName = (namespace: string, run: Run): string =>
  cluster
    .kubectl(['-n', namespace, 'get', 'pods', '-l', `job-name=${run.job}`, '-o', 'name'])
    .trim();
const reasons = ({ notes }: RunnerBench, run: Run) =>
  notes.filter(([key]) => key === run.key).map(([, { reason }]) => reason);

test('the events of a session are those of the cluster', async () => {
  const { bench: one, runner } = await bench();
  const run = one.run(['true']);
  runner.launch(run);
  await one.over(run);
  await until(() => reasons(one, run).includes('Created'));
  expect(reasons(one, run)).toEqual(expect.arrayContaining(['Scheduled', 'Pulled', 'Created']));
  expect(reasons(one, run)).not.toContain('Started');
  const scheduled = one.notes.find(([, { reason }]) => reason === 'Scheduled');
  expect(scheduled?.[1].message).toContain(run.job);
});

test('an image that cannot be pulled is told, and the session waits', async () => {
  const { bench: one, runner } = await bench();
  const run = one.run(['true'], { image: 'images.example.org/tests/none:1' });
  runner.launch(run);
  await until(() => reasons(one, run).some((reason) => /ErrImageNeverPull|Failed/.test(reason)));
  expect(one.ended.has(run.key)).toBe(false);
  await runner.terminate(run);
  expect(await one.over(run)).toMatchObject({ status: undefined });
});

test('what is evicted ends with its cause', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(forever);
  runner.launch(run);
  await one.hasStarted(run);
  const name = podName(namespace, run).replace('pod/', '');
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  cluster.kubectl(['create', '--raw', path, '-f', '-'], JSON.stringify(eviction));
  expect((await one.over(run)).cause).toMatchObject({ reason: 'Evicted' });
});

test('an interactive session whose program fails is started again in place, a batch job is not', async () => {
  const { bench: one, runner, namespace } = await bench();
  const serve =
    "process.on('SIGTERM', () => process.exit(9)); require('http').createServer((_, r) => r.end('hello')).listen(process.env.PORT)";
  const text = `echo up; [ -e again ] || { touch again; exit 3; }; exec node -e "${serve}"`;
  const page = { port: 5000, socket: false };
  const run = one.shell(text, { kind: 'contributed', page });
  runner.launch(run);
  await one.hasStarted(run);
  expect(one.ended.has(run.key)).toBe(false);
  const notes = () =>
    one.notes.filter(([key, { reason }]) => key === run.key && reason === 'Restarted');
  await until(() => notes().length === 1);
  expect(notes()[0]?.[1].message).toBe(
    'The command ended with 3, and was started again (restart 1)',
  );
  // The same pod, and its page is gone until something listens again; its lifetime goes on.
  const pod = podName(namespace, run);
  const told: (number | undefined)[] = [];
  const { started, pending } = one.parts.listener;
  one.parts.listener.pending = (key, waiting) => {
    pending(key, waiting);
    told.push(waiting.since);
  };
  one.parts.listener.started = (key, at) => {
    started(key, at);
    told.push(at);
  };
  cluster.kubectl(['-n', namespace, 'exec', pod, '--', 'kill', '-TERM', '1']);
  await until(() => told.length > 1);
  const start = cluster.kubectl([
    '-n',
    namespace,
    'get',
    pod,
    '-o',
    'jsonpath={.status.startTime}',
  ]);
  expect(new Set(told)).toEqual(new Set([Date.parse(start)]));
  expect(podName(namespace, run)).toBe(pod);
  await runner.terminate(run);
  await one.over(run);
  const batch = one.shell(`echo x >> times; exit 3`);
  runner.launch(batch);
  expect(await one.over(batch)).toMatchObject({ status: 3 });
  expect(readFileSync(join(one.home, 'times'), 'utf8')).toBe('x\n');
});

test('what belongs to a Job is made although its platform died right after it made the Job', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(forever, {
    secrets: { TOKEN: 'swordfish' },
    image: 'images.example.org/tests/none:1',
  });
  runner.launch(run);
  const owners = () =>
    cluster.kubectl([
      '-n',
      namespace,
      'get',
      'secrets',
      '-o',
      'jsonpath={..ownerReferences[0].name}',
    ]);
  await until(() => owners() === run.job);
  await runner.close();
  const forget = JSON.stringify({ metadata: { ownerReferences: null } });
  const secret = cluster.kubectl(['-n', namespace, 'get', 'secrets', '-o', 'name']).trim();
  cluster.kubectl(['-n', namespace, 'patch', secret, '--type=merge', '-p', forget]);
  expect(owners()).toBe('');
  const second = await one.runner();
  expect(await one.recover(run, second)).toMatchObject({ state: 'pending' });
  await until(() => owners() === run.job);
  await second.terminate(run);
});

test('a Job that somebody removes ends its session', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(forever);
  runner.launch(run);
  await one.hasStarted(run);
  cluster.kubectl(['-n', namespace, 'delete', 'job', run.job]);
  expect((await one.over(run)).cause).toEqual({ reason: 'Deleted' });
});

test('a lifetime ends on the cluster, too, and is renewed there', async () => {
  const { bench: one, runner, namespace } = await bench();
  const [short, renewed] = [4, 4].map((lifetimeSeconds) => one.run(forever, { lifetimeSeconds }));
  if (short === undefined || renewed === undefined) throw new Error('there are no runs');
  runner.launch(short);
  runner.launch(renewed);
  await one.hasStarted(renewed);
  await runner.renew?.({ ...renewed, lifetimeSeconds: 600 });
  expect(job(namespace, renewed).spec.activeDeadlineSeconds).toBeGreaterThanOrEqual(600);
  expect((await one.over(short)).cause).toEqual({ reason: 'DeadlineExceeded' });
  expect(one.ended.has(renewed.key)).toBe(false);
  await runner.terminate(renewed);
});

test('a Job of somebody else’s with the same name is left alone', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(['true']);
  cluster.kubectl(['-n', namespace, 'create', 'job', run.job, `--image=${image}`, '--', 'true']);
  runner.launch(run);
  expect(await until(() => one.refused.get(run.key))).toContain('does not belong to this platform');
  await runner.tidy(() => false);
  expect(job(namespace, run).metadata.name).toBe(run.job);
});

test('launched twice, by two runners at once, it runs once', async () => {
  const { bench: one, runner, namespace } = await bench();
  const second = await one.runner();
  await second.recover([]);
  const run = one.shell('echo x >> "$HOME/times"');
  runner.launch(run);
  runner.launch(run);
  second.launch(run);
  await one.over(run);
  expect(readFileSync(join(one.home, 'times'), 'utf8')).toBe('x\n');
  const jobs = cluster.kubectl(['-n', namespace, 'get', 'jobs', '-o', 'name']).trim().split('\n');
  expect(jobs).toHaveLength(1);
});

test('the log of a session outlives its pod', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(['/bin/sh', '-c', 'echo one; echo two; exit 3']);
  runner.launch(run);
  expect(await one.over(run)).toMatchObject({ status: 3 });
  cluster.kubectl(['-n', namespace, 'delete', 'job', run.job]);
  const log = await runner.logs(run.key);
  expect(await text(log.stream())).toBe('one\ntwo\n');
  expect(await text(log.stream({ start: 4, end: 7 }))).toBe('two');
});

test('a quota is told while a session waits for it', async () => {
  const { bench: one, runner, namespace } = await bench();
  const hard = '--hard=pods=1,requests.cpu=4,requests.memory=8Gi,limits.cpu=4,limits.memory=8Gi';
  cluster.kubectl(['-n', namespace, 'create', 'quota', 'one', hard]);
  const [first, second] = [one.run(forever), one.run(['true'])];
  runner.launch(first);
  await one.hasStarted(first);
  runner.launch(second);
  const told = await until(() =>
    one.notes.find(([key, { reason }]) => key === second.key && reason === 'FailedCreate'),
  );
  expect(told[1].message).toContain('exceeded quota');
  await runner.terminate(first);
  await runner.terminate(second);
});

test('a policy against the pod of a session fails it, with the words of the policy', async () => {
  const { bench: one, runner, namespace } = await bench();
  // Forbids folders of nodes, among other things.
  const level = 'pod-security.kubernetes.io/enforce=baseline';
  cluster.kubectl(['label', 'namespace', namespace, level]);
  const run = one.run(['true']);
  runner.launch(run);
  const reason = await until(() => one.refused.get(run.key));
  expect(reason).toMatch(
    /^Cannot start the session: the cluster does not allow it: .*violates PodSecurity/,
  );
  await until(() => cluster.kubectl(['-n', namespace, 'get', 'jobs', '-o', 'name']).trim() === '');
});

test('secrets reach the session by an object that goes with it', async () => {
  const { bench: one, runner, namespace } = await bench();
  const run = one.run(['/bin/sh', '-c', 'echo "$TOKEN"'], {
    secrets: { TOKEN: 'sword\nfish $(x)' },
  });
  runner.launch(run);
  await one.over(run);
  expect(await one.log(run, runner)).toBe('sword\nfish $(x)\n');
  expect(JSON.stringify(job(namespace, run))).not.toContain('fish');
  await runner.purge(run.key);
  await until(
    () => cluster.kubectl(['-n', namespace, 'get', 'secrets', '-o', 'name']).trim() === '',
  );
});

test('what cannot be used is told before anything is run', async () => {
  const namespace = namespaceIn(cluster);
  const open = async (config: object) => {
    const found = await openKubernetes({ kubeconfig: cluster.kubeconfig, namespace, ...config });
    return 'obstacle' in found ? found.obstacle : '';
  };
  expect(await open({ namespace: 'nowhere' })).toContain("'kubectl create namespace nowhere'");
  expect(await open({ context: 'none' })).toContain('has no context none');
  expect(await open({ kubeconfig: '/nowhere/config' })).toContain('there is no kubeconfig');
  expect(await open({ kueue: { queue: 'people' } })).toContain('Kueue is not installed');
  expect(await open({ storage: { claim: 'none' } })).toContain('no PersistentVolumeClaim none');
  expect(await open({})).toBe('');
  const stranger = cluster.writeConfigFor('stranger');
  const lacks = await open({ kubeconfig: stranger });
  expect(lacks).toContain('get, list, watch, create, patch, delete on jobs (batch)');
  expect(lacks).toContain('create on pods/exec');
  expect(await open({ kubeconfig: cluster.writeConfigFor('admin', { token: 'spent' }) })).toContain(
    'does not accept the credentials',
  );
  expect(await open({ kubeconfig: cluster.writeConfigFor('expired') })).toMatch(
    /does not accept the credentials of the context expired of .*: the client certificate expired on 2026-01-02$/,
  );
  const silent = createServer().listen(0, '127.0.0.1');
  const address = await until(() => silent.address() ?? undefined);
  silent.close();
  const port = typeof address === 'object' ? address.port : 0;
  const gone = cluster.writeConfigFor('admin', {}, `https://127.0.0.1:${port}`);
  expect(await open({ kubeconfig: gone })).toContain('nothing listens there');
});

test('an API server that crashes loses no session and no end', async () => {
  const { bench: one, runner } = await bench();
  const [lasting, ending, later] = [
    one.run(forever),
    one.shell('echo up; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; exit 7'),
    one.run(['true']),
  ];
  runner.launch(lasting);
  runner.launch(ending);
  await one.hasStarted(lasting);
  await one.hasStarted(ending);
  const { troubles } = watchTroubles(one);
  await cluster.restartApiServer({
    during: async () => {
      runner.launch(later);
      await until(() => troubles.some((trouble) => trouble !== undefined));
      writeFileSync(join(one.home, 'go'), '');
    },
  });
  expect(await one.over(ending)).toMatchObject({ status: 7 });
  expect(await one.over(later)).toMatchObject({ status: 0 });
  expect(one.ended.has(lasting.key)).toBe(false);
  await until(() => troubles.at(-1) === undefined);
  await runner.terminate(lasting);
});

test('a cluster that does not answer at the start is asked until it does', async () => {
  const { bench: one, runner } = await bench();
  const [ran, fresh] = [one.run(forever), one.run(['true'])];
  runner.launch(ran);
  await one.hasStarted(ran);
  const second = await one.runner();
  await runner.close();
  await cluster.restartApiServer({
    during: async () => {
      const found = await second.recover([
        { run: ran, wasRunning: true },
        { run: fresh, wasRunning: false },
      ]);
      expect([...found.values()]).toEqual([{ state: 'unknown' }, { state: 'unknown' }]);
    },
  });
  expect(await one.over(fresh)).toMatchObject({ status: 0 });
  expect(one.ended.has(ran.key)).toBe(false);
  await second.terminate(ran);
  await one.over(ran);
});

/** What a runner says of its touch with the cluster. */
function watchTroubles({ parts }: RunnerBench): { troubles: (string | undefined)[] } {
  const troubles: (string | undefined)[] = [];
  parts.listener.outOfTouch = (trouble) => {
    troubles.push(trouble);
  };
  return { troubles };
}
