import { describe, expect, test } from 'vitest';
import { readResources } from '../../src/models/resources.js';
import { readStats } from '../../src/models/stats.js';

const quantity = { default: 2, defaultLimit: 8, defaultRequest: 1, options: [4, 1, 2] };
const wire = { cores: quantity, memoryGB: quantity, gpus: { options: [] } };

describe('resources', () => {
  test.each([
    ['5', 5],
    [5, 5],
    [undefined, undefined],
    ['many', undefined],
  ])('the limit of interactive sessions may be %j', (sent, limit) => {
    const value = sent === undefined ? wire : { ...wire, maxInteractiveSessions: sent };
    expect(readResources(value).maxInteractiveSessions).toBe(limit);
  });

  test('options are sorted, unknown fields kept', () => {
    const read = readResources({ ...wire, novelty: 1 });
    expect(read.cores).toEqual({ ...quantity, options: [1, 2, 4] });
    expect(read.gpus).toEqual({ options: [] });
    expect(read.raw).toHaveProperty('novelty', 1);
  });

  test.each([null, [], {}, { cores: {} }])('%j is refused', (value) => {
    expect(() => readResources(value)).toThrow(
      expect.objectContaining({ code: 'response.invalid' }),
    );
  });
});

describe('load', () => {
  test('of a server of today', () => {
    const stats = readStats({
      cores: {
        requestedCPUCores: 12.5,
        cpuCoresAvailable: 64,
        maxCPUCores: { cpuCores: 8, withRam: '32Gi' },
      },
      ram: {
        requestedRAM: '137.439G',
        ramAvailable: '549.756G',
        maxRAM: { ram: '32Gi', withCPUCores: 8 },
      },
    });
    expect(stats).toMatchObject({
      cores: {
        requested: 12.5,
        capacity: 64,
        free: 51.5,
        load: 12.5 / 64,
        largestSession: { cores: 8, memoryGiB: 32 },
      },
      memoryGiB: { requested: 128, capacity: 512, free: 384 },
      instances: undefined,
    });
    expect(stats.memoryGiB.load).toBeCloseTo(0.25, 3);
  });

  test('of an old server, with its count of sessions', () => {
    expect(
      readStats({
        instances: { session: 88, desktopApp: 30, headless: 4, total: 122 },
        cores: { requestedCPUCores: 100, coresAvailable: 50 },
        maxCores: { cores: 16, withRam: '64G' },
      }),
    ).toMatchObject({
      instances: { session: 88, desktopApp: 30, headless: 4, total: 122 },
      cores: { free: 0, load: 2, largestSession: { cores: 16 } },
      memoryGiB: { requested: undefined },
    });
  });

  test('an unknown load is unknown, never zero', () => {
    expect(readStats(null).cores.load).toBeUndefined();
    expect(readStats(null).cores.capacity).toBeUndefined();
    const empty = readStats({ cores: { requestedCPUCores: 0, cpuCoresAvailable: 0 } });
    expect(empty.cores).toMatchObject({ load: undefined, free: 0 });
  });
});
