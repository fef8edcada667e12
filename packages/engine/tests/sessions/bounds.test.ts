import { expect, test } from 'vitest';
import { limitsWithin, resourcesWithin } from '../../src/sessions/bounds.js';

const gib = 2 ** 30;
const unbounded = {
  least: { cores: 0, memory: 0 },
  most: { cores: Number.POSITIVE_INFINITY, memory: Number.POSITIVE_INFINITY },
  ratio: { cores: Number.POSITIVE_INFINITY, memory: Number.POSITIVE_INFINITY },
  gpus: undefined,
};
const limits = {
  cores: { default: 1, defaultRequest: 1, defaultLimit: 8, options: [1, 2, 4, 8, 16] },
  memoryGiB: { default: 1, defaultRequest: 1, defaultLimit: 32, options: [1, 2, 4, 8, 32, 64] },
  gpus: [1, 2, 4],
  maxInteractiveSessions: 5,
};

test('what is offered lies between the bounds, its defaults too', () => {
  expect(limitsWithin(limits, unbounded)).toEqual(limits);
  const least = { cores: 2, memory: 2 * gib };
  const most = { cores: 6, memory: 8 * gib };
  expect(limitsWithin(limits, { ...unbounded, least, most, gpus: 2 })).toEqual({
    ...limits,
    cores: { default: 2, defaultRequest: 2, defaultLimit: 6, options: [2, 4] },
    memoryGiB: { default: 2, defaultRequest: 2, defaultLimit: 8, options: [2, 4, 8] },
    gpus: [1, 2],
  });
});

test('where there is no room for one core, none is offered', () => {
  const most = { cores: 0.5, memory: gib };
  const { cores, gpus } = limitsWithin(limits, { ...unbounded, most, gpus: 0 });
  expect(cores).toMatchObject({ options: [], defaultRequest: 0.5, defaultLimit: 0.5 });
  expect(gpus).toEqual([]);
});

test('a flexible session is promised enough, and may take no more than it may', () => {
  const flexible = {
    cores: 0.25,
    coresLimit: 8,
    memory: gib,
    memoryLimit: 32 * gib,
    fixed: false,
  };
  expect(resourcesWithin(flexible, unbounded)).toEqual(flexible);
  const bounds = {
    ...unbounded,
    least: { cores: 0.5, memory: 2 * gib },
    most: { cores: 16, memory: 16 * gib },
    ratio: { cores: 4, memory: 2 },
  };
  expect(resourcesWithin(flexible, bounds)).toEqual({
    cores: 0.5,
    coresLimit: 2,
    memory: 2 * gib,
    memoryLimit: 4 * gib,
    fixed: false,
  });
});
