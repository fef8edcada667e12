import { expect, test } from 'vitest';
import { bytesQuantity, coresQuantity, numberOf } from '../src/quantity.js';
import { readSettings } from '../src/settings.js';

test('an unknown key and a wrong value are named', () => {
  const message = (config: unknown) => {
    try {
      readSettings(config);
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
    return '';
  };
  expect(message({ namespaces: 'x' })).toContain('unknown key: runners.kubernetes.namespaces');
  expect(message({ route: { host: 'a', port: 1 } })).toContain('runners.kubernetes.route.port');
  expect(message({ namespace: 'No_Such' })).toContain('runners.kubernetes.namespace');
  expect(message({ storage: { claim: 'a', hostPath: '/b' } })).toContain('exactly one of');
  expect(message({ storage: { claim: 'a', folder: '../b' } })).toContain('storage.folder');
  expect(message({ scratch: { size: 'much' } })).toContain('scratch.size');
});

test('quantities are read and written exactly', () => {
  expect(numberOf('250m')).toBe(0.25);
  expect(numberOf('12Gi')).toBe(12 * 2 ** 30);
  expect(numberOf('12500m')).toBe(12.5);
  expect(numberOf('1e3')).toBe(1000);
  expect(numberOf('129e6')).toBe(129e6);
  expect(numberOf('nonsense')).toBe(0);
  expect(numberOf(undefined)).toBe(0);
  expect(coresQuantity(2)).toBe('2');
  expect(coresQuantity(10)).toBe('10');
  expect(coresQuantity(0.1)).toBe('100m');
  expect(coresQuantity(0)).toBe('1m');
  expect(bytesQuantity(4 * 2 ** 30)).toBe('4Gi');
  expect(bytesQuantity(1.5 * 2 ** 30)).toBe('1536Mi');
  expect(bytesQuantity(1000)).toBe('1000');
});
