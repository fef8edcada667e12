import type { Run } from '@skaha/engine/ports/runner.js';
import { expect, test } from 'vitest';
import { type ContainerPlan, containerOptions } from '../../src/container/container-options.js';

const run: Run = {
  key: 'abcd1234',
  id: 'abcd1234',
  name: 'fit',
  job: 'skaha-headless-ada-abcd1234',
  user: 'ada',
  uid: 1000,
  groups: [],
  kind: 'headless',
  image: 'images.canfar.net/skaha/astroml:latest',
  command: [],
  environment: { A: 'b=c' },
  secrets: {},
  volumes: [],
  requests: { cores: 1.5, memory: 2 ** 30 },
  limits: { cores: 1.5, memory: 2 ** 30, processes: 100 },
  gpus: 0,
  lifetimeSeconds: 86_400,
  network: 'host',
};

const plan: ContainerPlan = {
  name: 'skaha-x-abcd1234',
  instance: 'x',
  facts: {
    name: 'Podman',
    version: '5.0.0',
    rootless: true,
    selinux: true,
    groupsBy: 'systemd',
  },
  network: undefined,
  home: '/arc/home/ada',
  user: { uid: 1000, gid: 1000 },
  mounts: [],
};

test('a rootless Podman keeps the number of the user, and its files are not relabelled', () => {
  const options = containerOptions(run, plan);
  expect(options).toMatchObject({ User: '1000:1000', WorkingDir: '/arc/home/ada' });
  expect(options.HostConfig).toMatchObject({
    UsernsMode: 'keep-id',
    SecurityOpt: ['no-new-privileges', 'label=disable'],
  });
  expect(options.HostConfig).not.toHaveProperty('CgroupParent');
});

test('the command of the image stays unless another is asked for', () => {
  expect(containerOptions(run, plan)).not.toHaveProperty('Entrypoint');
  expect(containerOptions(run, plan)).not.toHaveProperty('Cmd');
  const withArguments = containerOptions({ ...run, args: ['a', ''] }, plan);
  expect(withArguments).not.toHaveProperty('Entrypoint');
  expect(withArguments.Cmd).toEqual(['a', '']);
  const withCommand = containerOptions({ ...run, command: ['fit', 'a b'], args: ['no'] }, plan);
  expect(withCommand).toMatchObject({ Entrypoint: ['fit'], Cmd: ['a b'] });
});

test('the network is cut off, left to the engine, or as configured; a page gets a port', () => {
  const page = { port: 5000, socket: false };
  const network = (one: Partial<Run>, other: Partial<ContainerPlan> = {}) =>
    containerOptions({ ...run, ...one }, { ...plan, ...other }).HostConfig;
  expect(network({ network: 'none' })).toMatchObject({ NetworkMode: 'none' });
  expect(network({})).not.toHaveProperty('NetworkMode');
  expect(network({ network: 'none', page }, { network: 'bridge' })).toMatchObject({
    NetworkMode: 'bridge',
    PortBindings: { '5000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
  });
  expect(network({ page }, { network: 'host' })).not.toHaveProperty('PortBindings');
});

test('with a network of our making, its ports are its own, and it is told its address', () => {
  const place = { address: '10.244.0.7', namespace: '/proc/7/ns/net' };
  const page = { port: 5000, socket: false };
  const options = containerOptions({ ...run, page }, { ...plan, place, network: 'bridge' });
  expect(options.HostConfig).toMatchObject({ NetworkMode: 'ns:/proc/7/ns/net' });
  expect(options.HostConfig).not.toHaveProperty('PortBindings');
  expect(options).not.toHaveProperty('ExposedPorts');
  expect(options.Env).toContain('skaha_hostname=10.244.0.7');
  expect(containerOptions(run, plan).Env).toContain(`skaha_hostname=${run.key}`);
});

test('outer places are mounted before those inside them', () => {
  const places = ['/arc/home/ada', '/usr', '/arc/projects/a/b', '/etc/passwd', '/etc'];
  const mounts = places.map((target) => ({ source: `/from${target}`, target, readOnly: true }));
  const made = containerOptions(run, { ...plan, mounts }).HostConfig?.Mounts ?? [];
  const order = made.map(({ Target }) => Target);
  expect(order.indexOf('/etc')).toBeLessThan(order.indexOf('/etc/passwd'));
  expect(made[0]).toEqual({ Type: 'bind', Source: '/from/usr', Target: '/usr', ReadOnly: true });
});
