import { sameStatus } from '@skaha/wire/status.js';
import fc from 'fast-check';
import { isFailed, isFinished } from 'skaha';
import { describe, expect, test } from 'vitest';
import { readPublicSession, readSession } from '../../src/models/session.js';

describe('a session of a server of today', () => {
  const raw = {
    id: 'k3v9qx2m',
    userid: 'adastra',
    runAsUID: '410233',
    runAsGID: '410233',
    supplementalGroups: [520011],
    image: 'images.canfar.net/skaha/astroml:26.07',
    type: 'notebook',
    status: 'Running',
    name: 'halo-fit',
    startTime: '2026-08-06T15:25Z',
    expiryTime: '2026-08-10T15:25:00Z',
    connectURL: 'https://ws-uv.canfar.net/session/notebook/k3v9qx2m/lab',
    requestedRAM: '8.59',
    requestedCPUCores: '2',
    requestedGPUCores: '0',
    ramInUse: '1.27',
    cpuCoresInUse: '0.043',
    isFixedResources: true,
    novelty: { kept: true },
  };

  test('is read whole', () => {
    expect(readSession(raw)).toEqual({
      id: 'k3v9qx2m',
      name: 'halo-fit',
      kind: 'notebook',
      status: 'Running',
      image: 'images.canfar.net/skaha/astroml:26.07',
      userId: 'adastra',
      uid: 410233,
      gid: 410233,
      supplementalGroups: [520011],
      appId: undefined,
      startTime: new Date('2026-08-06T15:25:00Z'),
      expiryTime: new Date('2026-08-10T15:25:00Z'),
      connectUrl: 'https://ws-uv.canfar.net/session/notebook/k3v9qx2m/lab',
      fixedResources: true,
      requested: { cores: 2, memoryGiB: 8, gpus: 0 },
      used: { cores: 0.043, memoryGiB: 1.183 },
      anomalies: [],
      raw,
    });
  });
});

test('a session of a server before 1.0 is read', () => {
  const session = readSession({
    id: 'abcdefgh',
    name: 'old',
    type: 'headless',
    status: 'Succeeded',
    startTime: '<none>',
    connectURL: 'not-applicable',
    requestedRAM: '8G',
    requestedCPUCores: '<none>',
    gpuRAMInUse: '<none> / <none>',
    gpuUtilization: '37%',
  });
  expect(session).toMatchObject({
    status: 'Completed',
    requested: { memoryGiB: 8 },
    used: { gpuUtilization: 37 },
    anomalies: [],
  });
  expect(session.startTime).toBeUndefined();
  expect(session.connectUrl).toBeUndefined();
  expect(session.used.gpuMemory).toBeUndefined();
});

test('unknown kinds and statuses pass unchanged', () => {
  const session = readSession({ id: 'a', name: 'n', type: 'quantum', status: 'Entangled' });
  expect(session).toMatchObject({ kind: 'quantum', status: 'Entangled', anomalies: [] });
});

test('what is missing or wrong is listed, never invented', () => {
  expect(
    readSession({
      type: 7,
      status: null,
      startTime: 'soon',
      supplementalGroups: ['1', 2],
      isFixedResources: 'maybe',
      requestedRAM: [],
    }),
  ).toMatchObject({
    id: '',
    name: '',
    kind: '7',
    status: '',
    supplementalGroups: [2],
    anomalies: [
      'The field status is missing.',
      'The field id is missing.',
      'The field name is missing.',
      'The field supplementalGroups is not a list of integers.',
      'The field startTime cannot be read.',
      'The field isFixedResources is neither true nor false.',
      'The field requestedRAM is not text.',
    ],
  });
});

test('anything at all can be read', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      const session = readSession(value);
      expect(typeof session.id).toBe('string');
      expect(typeof readPublicSession(value).userId).toBe('string');
    }),
  );
});

test('a public session has four fields', () => {
  const raw = {
    userid: 'adastra',
    type: 'notebook',
    status: 'Running',
    startTime: '2026-08-06T15:25:07Z',
  };
  expect(readPublicSession(raw)).toEqual({
    userId: 'adastra',
    kind: 'notebook',
    status: 'Running',
    startTime: new Date('2026-08-06T15:25:07Z'),
    raw,
  });
});

describe('statuses', () => {
  test.each([
    ['Pending', false, false],
    ['Running', false, false],
    ['Terminating', false, false],
    ['Unknown', false, false],
    ['Completed', true, false],
    ['Succeeded', true, false],
    ['Complete (Done)', true, false],
    ['Failed', true, true],
    ['Failed (DeadlineExceeded)', true, true],
    ['Error', true, true],
  ])('%s: finished %s, failed %s', (status, finished, failed) => {
    expect([isFinished(status), isFailed(status)]).toEqual([finished, failed]);
  });

  test('old and new words mean the same', () => {
    expect(sameStatus('Succeeded', 'completed')).toBe(true);
    expect(sameStatus('Failed', 'Completed')).toBe(false);
  });
});
