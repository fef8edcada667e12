import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { runtime } from '../../src/runtime/browser.js';
import { createFetchTransport } from '../../src/transport/fetch.js';
import { rejection } from '../fixtures.js';

const url = 'https://h.example/skaha/v1';

describe('in a browser', () => {
  test('a token or the cookies prove the user', async () => {
    const withToken = await runtime.resolveConnection({ url, token: 't' });
    expect(withToken).toMatchObject({ root: 'https://h.example/skaha', version: 'v1' });
    expect(withToken.credential.mode).toBe('token');
    const { credential } = await runtime.resolveConnection({ url: 'https://h.example' });
    expect(credential.mode).toBe('cookie');
    const anonymous = await runtime.resolveConnection({ url, token: 't', anonymous: true });
    expect(anonymous.credential.mode).toBe('anonymous');
    expect(runtime.variable('HOME')).toBeUndefined();
    expect(runtime.createTransport(withToken, { concurrency: 1 })).toHaveProperty('send');
  });

  test.each([
    [{}, 'server.required'],
    [{ url: 'skaha' }, 'request.invalid'],
    [{ url: 'http://h.example/skaha' }, 'request.invalid'],
    [{ url, certificate: '/x.pem' }, 'request.invalid'],
    [{ url, context: 'local' }, 'request.invalid'],
    [{ url, config: '/x' }, 'request.invalid'],
    [{ url, ca: '/x' }, 'request.invalid'],
  ])('%j is refused', async (options, code) => {
    expect(await rejection(runtime.resolveConnection(options))).toMatchObject({ code });
  });

  test('nothing of Node is needed', async () => {
    const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
    const { outputFiles, metafile } = await build({
      entryPoints: [source('index.ts')],
      alias: { '#runtime': source('runtime/browser.ts') },
      bundle: true,
      write: false,
      minify: true,
      metafile: true,
      format: 'esm',
      platform: 'browser',
    });
    const imports = Object.values(metafile.inputs).flatMap((input) => input.imports);
    expect(imports.filter(({ path }) => path.startsWith('node:'))).toEqual([]);
    expect(outputFiles[0]?.contents.length).toBeLessThan(170_000);
  });

  test('the opaque reply to a redirect is told as a redirect', async () => {
    const { coreFor } = await import('../fixtures.js');
    const opaque = { status: 0, headers: new Headers(), body: null } as Response;
    const fetch = async () => opaque;
    const core = coreFor('https://h.example/skaha', { fetch });
    const error = await rejection(core.request({ method: 'GET', path: ['session'] }));
    expect(error).toMatchObject({ code: 'response.redirect' });
    expect(createFetchTransport({ fetch, credentials: 'omit' })).toHaveProperty('close');
  });
});
