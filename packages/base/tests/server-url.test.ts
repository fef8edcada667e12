import { describe, expect, test } from 'vitest';
import { isLoopback, isServer, parseServerUrl } from '../src/server-url.js';

describe('addresses of servers', () => {
  test.each([
    ['https://h/skaha', 'https://h/skaha', undefined],
    ['https://h/skaha/', 'https://h/skaha', undefined],
    ['https://h/skaha/v1', 'https://h/skaha', 'v1'],
    ['https://h/skaha/v1.2/', 'https://h/skaha', 'v1.2'],
    ['https://v1.h:8443', 'https://v1.h:8443', undefined],
    ['https://vm.example.org/skaha/v1', 'https://vm.example.org/skaha', 'v1'],
  ])('%s', (url, root, version) => {
    expect(parseServerUrl(url)).toMatchObject({ root, version });
  });

  test.each(['', 'h/skaha', 'ftp://h', 'https://u:p@h', 'https://h?x=1', 'file:///x'])(
    '%j is none',
    (url) => {
      expect(parseServerUrl(url)).toBeUndefined();
    },
  );

  test('a server is meant by its name, its URI or its URL', () => {
    const server = { name: 'canfar', uri: 'ivo://h/skaha', url: 'https://h/skaha' };
    const meant = ['canfar', 'ivo://h/skaha', 'https://h/skaha', 'https://H/skaha/v1/'];
    for (const selector of meant) expect(isServer(selector, server)).toBe(true);
    for (const selector of ['', 'h', 'ivo://h', 'https://h', 'https://h/skaha/x'])
      expect(isServer(selector, server)).toBe(false);
    expect(isServer('undefined', { name: 'added' })).toBe(false);
  });

  test('one of very many slashes is read as quickly as any other', () => {
    const url = `https://h${'/'.repeat(1_000_000)}x`;
    expect(parseServerUrl(url)?.root).toBe(url);
    expect(parseServerUrl(url.slice(0, -1))?.root).toBe('https://h');
  });

  test('loopback is this machine only', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      expect(isLoopback(`http://${host}:1/x`)).toBe(true);
    }
    for (const host of ['example.org', '127.evil.example', '10.0.0.1', 'localhost.example']) {
      expect(isLoopback(`http://${host}/`)).toBe(false);
    }
  });
});
