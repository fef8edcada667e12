import { describe, expect, test } from 'vitest';
import type { LimitRange, Node, ResourceQuota } from '../src/client/types.js';
import { offerOf, roomOf } from '../src/offer.js';
import { readSettings, settle } from '../src/settings.js';
import recorded from './recorded/offer.json' with { type: 'json' };

const gib = 2 ** 30;
const settings = (config: object = {}) => settle(readSettings(config));
const roomsOf = (nodes: readonly Node[], config: object = {}) =>
  nodes.flatMap((node) => roomOf(node, settings(config)) ?? []);
const nodes = recorded.nodes as unknown as Node[];
const quotas = recorded.quotas as unknown as ResourceQuota[];
const ranges = recorded.ranges as unknown as LimitRange[];
const kwok = { tolerations: [{ key: 'kwok.x-k8s.io/node', operator: 'Exists' }] };

describe('what a cluster has, as it answered', () => {
  test('bounds one session by the least of nodes, quota and limits', () => {
    const offer = offerOf({ nodes: roomsOf(nodes, kwok), quotas, ranges }, settings());
    expect(offer.capacity).toEqual({ cores: 20, memory: 100 * gib });
    expect(offer.bounds).toEqual({
      least: { cores: 0.5, memory: gib / 2 },
      most: { cores: 12, memory: 48 * gib },
      ratio: { cores: 4, memory: Number.POSITIVE_INFINITY },
      gpus: 2,
    });
  });

  test('bounds nothing where nothing may be seen', () => {
    const offer = offerOf({ nodes: undefined, quotas: [], ranges: [] }, settings());
    expect(offer.bounds.most.cores).toBe(Number.POSITIVE_INFINITY);
    expect(offer.bounds).toMatchObject({ least: { cores: 0 }, gpus: undefined });
    expect(offer.never({ resources: { cores: 500, memory: 2 ** 50 } })).toBeUndefined();
  });

  test('bounds nothing where no node takes sessions at present: they wait', () => {
    const offer = offerOf({ nodes: [], quotas: [], ranges: [] }, settings());
    expect(offer.bounds.most.cores).toBe(Number.POSITIVE_INFINITY);
    expect(offer.bounds.most.memory).toBe(Number.POSITIVE_INFINITY);
    expect(offer.bounds.gpus).toBeUndefined();
    expect(offer.capacity).toEqual({ cores: 0, memory: 0 });
    expect(offer.never({ resources: { cores: 1, memory: gib } })).toBeUndefined();
  });

  test('a quota for some pods only is none for sessions', () => {
    const some = quotas.map((quota) => ({
      ...quota,
      spec: { ...quota.spec, scopes: ['BestEffort'] },
    }));
    const offer = offerOf({ nodes: undefined, quotas: some, ranges: [] }, settings());
    expect(offer.bounds.most.cores).toBe(Number.POSITIVE_INFINITY);
  });

  test('counts no node that sessions may not go to', () => {
    expect(roomsOf(nodes)).toEqual([]);
    expect(roomsOf(nodes, kwok).length).toBe(nodes.length);
    expect(roomsOf(nodes, { ...kwok, nodeSelector: { type: 'other' } })).toEqual([]);
    const closed = nodes.map((node) => ({ ...node, spec: { ...node.spec, unschedulable: true } }));
    expect(roomsOf(closed, kwok)).toEqual([]);
  });
});

test('what no node has together can never be, and is told in words', () => {
  const rooms = [
    { cores: 16, memory: 16 * gib, gpus: 0 },
    { cores: 4, memory: 128 * gib, gpus: 1 },
  ];
  const { never } = offerOf({ nodes: rooms, quotas: [], ranges: [] }, settings());
  expect(never({ resources: { cores: 16, memory: 8 * gib } })).toBeUndefined();
  expect(never({ resources: { cores: 4, memory: 128 * gib, gpus: 1 } })).toBeUndefined();
  expect(never({ resources: { cores: 16, memory: 128 * gib } })).toBe(
    'It asks for 16 cores with 128 GiB: no node of the cluster has them together',
  );
  expect(never({ resources: { cores: 8, memory: gib, gpus: 1 } })).toContain('and 1 GPUs');
});
