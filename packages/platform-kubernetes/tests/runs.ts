import type { Run } from '@skaha/engine/ports/runner.js';
import type { Plan } from '../src/manifest.js';
import { readSettings, settle } from '../src/settings.js';

const gib = 2 ** 30;

/** A run of a headless session; `more` replaces any part of it. */
export const runOf = (more: Partial<Run> = {}): Run => ({
  key: 'abcd1234',
  id: 'abcd1234',
  name: 'reduce',
  job: 'skaha-headless-ada-abcd1234',
  user: 'ada',
  uid: 10_001,
  groups: [20_001],
  kind: 'headless',
  image: 'images.canfar.net/skaha/terminal:1.1.2',
  command: ['python', 'reduce.py'],
  environment: { HOME: '/arc/home/ada' },
  secrets: {},
  volumes: [
    { kind: 'home', user: 'ada' },
    { kind: 'scratch', key: 'abcd1234' },
  ],
  requests: { cores: 2, memory: 4 * gib },
  limits: { cores: 2, memory: 4 * gib, processes: 4096 },
  gpus: 0,
  lifetimeSeconds: 3_600,
  network: 'none',
  ...more,
});

/** What objects are made from; `config` is the part of a configuration. */
export const planOf = (config: unknown = {}, more: Partial<Plan> = {}): Plan => ({
  settings: settle(readSettings(config)),
  instance: 'one',
  version: '0.1.0',
  graceMs: 10_000,
  ownUid: undefined,
  hasLogin: false,
  placeOf: (volume) => {
    if (volume.kind === 'home') return `/arc/home/${volume.user}`;
    if (volume.kind === 'project') return `/arc/projects/${volume.name}`;
    return volume.kind === 'scratch' ? '/scratch' : '/tmp/.X11-unix';
  },
  directoryOf: (volume) => `/data/${volume.kind}`,
  ...more,
});
