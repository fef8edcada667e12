import { mkdtempSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { SkahaClient } from '../../src/client.js';
import type { Connection } from '../../src/runtime/types.js';
import { createNodeTransport } from '../../src/transport/node.js';
import { isExempt, proxyFor } from '../../src/transport/node-proxy.js';
import { makeServerPair } from '../auth/tls.js';
import { refusal } from '../fixtures.js';
import { type ProxyServerOptions, proxyServer } from './proxy-server.js';

const pair = makeServerPair('skaha.example');
const folder = mkdtempSync(join(tmpdir(), 'skaha-proxy-'));
const ca = join(folder, 'ca.pem');
writeFileSync(ca, pair.cert);

/** The session list of a platform that nobody reaches but through the proxy. */
async function hiddenServer(secure = true): Promise<number> {
  const answer: http.RequestListener = (incoming, outgoing) => {
    const isList = incoming.url?.startsWith('/skaha/v1/session') === true;
    outgoing.setHeader('content-type', isList ? 'application/json' : 'text/plain');
    outgoing.end(isList ? '[]' : JSON.stringify(incoming.headers));
  };
  const server = secure ? https.createServer(pair, answer) : http.createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function site(options: Omit<ProxyServerOptions, 'port'> = {}, secure = true) {
  const proxy = await proxyServer({ port: await hiddenServer(secure), ...options });
  onTestFinished(() => proxy[Symbol.asyncDispose]());
  return proxy;
}

function client(options: object = {}): SkahaClient {
  const made = new SkahaClient({
    url: 'https://skaha.example/skaha',
    token: 'secret-token',
    ca,
    retries: 0,
    ...options,
  });
  onTestFinished(() => made.close());
  return made;
}

beforeEach(() => {
  for (const name of Object.keys(process.env))
    if (/_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv('SKAHA_CONFIG', join(folder, 'none.yaml'));
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the library goes through the proxy', () => {
  test.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy'])('of %s', async (name) => {
    const proxy = await site();
    vi.stubEnv(name, `http://${proxy.address}`);
    expect(await client().sessions.fetch()).toEqual([]);
    expect(proxy.asked).toEqual(['CONNECT skaha.example:443']);
    expect(JSON.stringify(proxy.headers)).not.toContain('secret-token');
  });

  test('of the option, which comes before the variables', async () => {
    const proxy = await site();
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1');
    expect(await client({ proxy: proxy.address }).sessions.fetch()).toEqual([]);
    expect(proxy.asked).toHaveLength(1);
  });

  test('with an address that has no scheme, and keeps the tunnel for the next call', async () => {
    const proxy = await site();
    vi.stubEnv('https_proxy', proxy.address);
    const shared = client();
    await shared.sessions.fetch();
    await shared.sessions.fetch();
    expect(proxy.asked).toHaveLength(1);
  });

  test('over TLS, with the authority that was named', async () => {
    const proxy = await site({ tls: pair });
    vi.stubEnv('HTTPS_PROXY', `https://localhost:${proxy.port}`);
    expect(await client().sessions.fetch()).toEqual([]);
    expect(proxy.asked).toHaveLength(1);
  });

  test('with user name and password, percent-decoded', async () => {
    const proxy = await site({ login: 'jo@site:p/ä%s:s' });
    vi.stubEnv('HTTPS_PROXY', `http://jo%40site:p%2F%C3%A4%25s%3As@${proxy.address}`); // secret-scan: allow, it is made up
    expect(await client().sessions.fetch()).toEqual([]);
  });

  test('never for this machine, nor where NO_PROXY or the option forbid it', async () => {
    const proxy = await site();
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`);
    const port = await hiddenServer();
    const local = client({ url: `https://localhost:${port}/skaha` });
    expect(await local.sessions.fetch()).toEqual([]);
    await refusal(client({ proxy: false }).sessions.fetch());
    vi.stubEnv('NO_PROXY', 'other.example, .example');
    await refusal(client().sessions.fetch());
    expect(proxy.asked).toEqual([]);
  });
});

describe('what goes wrong', () => {
  test.each([
    [407, 'proxy.authentication_required', 'requires a user name and a password', false],
    [403, 'proxy.refused', 'does not connect to skaha.example (HTTP 403)', false],
    [502, 'transport.failure', 'could not reach skaha.example (HTTP 502)', true],
    [503, 'transport.failure', 'could not reach skaha.example (HTTP 503)', true],
  ])(
    'an answer %i to the tunnel is told as the proxy’s',
    async (status, code, words, retryable) => {
      const proxy = await site({ status });
      vi.stubEnv('HTTPS_PROXY', `http://jo:hush-hush@${proxy.address}`);
      const error = await refusal(client().sessions.fetch());
      expect(error).toMatchObject({ code, retryable });
      expect(error.message).toContain(words);
      expect(error.message).toContain(`http://${proxy.address}`);
      expect(JSON.stringify([error, String(error), error.stack])).not.toContain('hush');
    },
  );

  test('a proxy that is not there is named, and so is what named it', async () => {
    const proxy = await site();
    await proxy[Symbol.asyncDispose]();
    vi.stubEnv('https_proxy', `http://jo:hush@${proxy.address}`);
    const error = await refusal(client().sessions.fetch());
    expect(error).toMatchObject({ code: 'transport.failure', retryable: true });
    expect(error.message).toBe(
      `Nothing answers at ${proxy.address}, the proxy set in https_proxy.`,
    );
  });

  test.each([
    'socks5://jo:hush@127.0.0.1:1',
    'http://jo:hu#sh@127.0.0.1:1',
    'http://',
    'http://a b',
  ])('an address that is none of a proxy is refused unseen', async (address) => {
    vi.stubEnv('ALL_PROXY', address);
    const error = await refusal(client().sessions.fetch());
    expect(error).toMatchObject({ code: 'proxy.invalid', retryable: false });
    expect(error.message).toContain('ALL_PROXY');
    expect(JSON.stringify([error, String(error)])).not.toContain('hu');
  });

  test('a server behind the proxy that is not trusted is told with the proxy', async () => {
    const proxy = await site();
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`);
    const error = await refusal(client({ ca: undefined }).sessions.fetch());
    expect(error).toMatchObject({ code: 'transport.failure' });
    expect(error.message).toContain('certificate of skaha.example');
    expect(error.message).toContain(`through the proxy http://${proxy.address}`);
  });

  test('a proxy that does not answer is told when time is up, and not waited for', async () => {
    const proxy = await site({ silent: true });
    vi.stubEnv('HTTPS_PROXY', `http://${proxy.address}`);
    const made = client({ timeoutMs: 50 });
    const error = await refusal(made.sessions.fetch());
    expect(error).toMatchObject({ code: 'transport.timeout' });
    expect(error.message).toContain(`through the proxy http://${proxy.address}`);
    await vi.waitFor(() => expect(proxy.open()).toBe(0), 20_000);
  });
});

describe('plain http', () => {
  const anonymous: Connection = {
    root: '',
    version: 'v1',
    registries: {},
    ca: pair.cert,
    credential: { mode: 'anonymous' },
  };
  const send = (url: string) => {
    const transport = createNodeTransport(anonymous, { concurrency: 1 });
    onTestFinished(() => transport.close());
    const { signal } = new AbortController();
    return transport.send({ method: 'GET', url, headers: { 'x-own': 'yes' }, signal });
  };

  test.each([false, true])(
    'is asked for in the absolute form (proxy over TLS: %s)',
    async (tls) => {
      const proxy = await site({ login: 'jo:hush', ...(tls ? { tls: pair } : {}) }, false);
      vi.stubEnv('http_proxy', `${tls ? 'https' : 'http'}://jo:hush@localhost:${proxy.port}`);
      const reply = await send('http://skaha.example:8080/a/b?c=d');
      expect(reply.status).toBe(200);
      expect(proxy.asked).toEqual(['GET http://skaha.example:8080/a/b?c=d']);
      expect(proxy.headers[0]).toMatchObject({ host: 'skaha.example:8080', 'x-own': 'yes' });
    },
  );

  test('tells a 407 as the proxy’s', async () => {
    const proxy = await site({ login: 'jo:hush' }, false);
    vi.stubEnv('HTTP_PROXY', `http://jo:wrong@${proxy.address}`);
    const error = await refusal(send('http://skaha.example/'));
    expect(error).toMatchObject({ proxy: { failed: true, status: 407 }, mayHaveReached: false });
  });
});

describe('which proxy', () => {
  const via = (url: string, environment: Record<string, string>) =>
    proxyFor(new URL(url), { environment })?.address;

  test.each([
    [
      'https://a.example/',
      { HTTPS_PROXY: 'http://upper:1', https_proxy: 'http://lower:2' },
      'http://lower:2',
    ],
    ['https://a.example/', { https_proxy: '', HTTPS_PROXY: 'http://upper:1' }, 'http://upper:1'],
    ['https://a.example/', { HTTP_PROXY: 'http://plain:1' }, undefined],
    [
      'http://a.example/',
      { HTTP_PROXY: 'http://plain:1', ALL_PROXY: 'http://all:2' },
      'http://plain:1',
    ],
    ['http://a.example/', { HTTP_PROXY: 'http://plain:1', REQUEST_METHOD: 'GET' }, undefined],
    ['http://a.example/', { HTTPS_PROXY: 'http://p:1', ALL_PROXY: 'all:2' }, 'http://all:2'],
    ['https://a.example/', { HTTPS_PROXY: 'http://[fd00::1]:3128' }, 'http://[fd00::1]:3128'],
    ['https://127.1.2.3/', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://[::1]:8443/', { HTTPS_PROXY: 'http://p:1' }, undefined],
    ['https://x.localhost/', { HTTPS_PROXY: 'http://p:1' }, undefined],
  ])('%s with %o: %s', (url, environment, expected) => {
    expect(via(url, environment as Record<string, string>)).toBe(expected);
  });

  test.each([
    ['https://a.example/', '*', true],
    ['https://a.example/', 'a.example', true],
    ['https://A.Example./', 'a.EXAMPLE', true],
    ['https://b.a.example/', 'a.example', true],
    ['https://b.a.example/', '.a.example', true],
    ['https://a.example/', '.a.example', true],
    ['https://ba.example/', 'a.example', false],
    ['https://ba.example/', '*.example', true],
    ['https://x1.a.example/', 'x*.a.example', true],
    ['https://y1.a.example/', 'x*.a.example', false],
    ['https://a.example/', 'b.example  a.example', true],
    ['https://a.example/', 'a.example:443', true],
    ['https://a.example:8443/', 'a.example:443', false],
    ['https://a.example:8443/', 'a.example:8443', true],
    ['https://a.example/', 'http://a.example', true],
    ['https://10.1.2.3/', '10.0.0.0/8', true],
    ['https://11.1.2.3/', '10.0.0.0/8', false],
    ['https://10.1.2.3/', '10.1.2.3', true],
    ['https://10.1.2.3/', '10.1.2', false],
    ['https://10.1.2.3:8443/', '10.1.2.3:8443', true],
    ['https://10.1.2.3/', '10.0.0.0/99', false],
    ['https://[fd00::5]/', 'fd00::/8', true],
    ['https://[fd00::5]/', '[fd00::5]', true],
    ['https://[fd00::5]:8443/', '[fd00::5]:8443', true],
    ['https://[fd00::5]/', '[fd00::5]:8443', false],
    ['https://[fd00:0:0::5]/', 'FD00:0::5', true],
    ['https://[::ffff:10.1.2.3]/', '10.0.0.0/8', true],
    ['https://a.example/', '10.0.0.0/8', false],
    ['https://a.example/', ',, ,', false],
    ['https://a.example/', 'a.example/8', false],
  ])('%s is exempt by %s: %s', (url, list, expected) => {
    expect(isExempt(new URL(url), list)).toBe(expected);
  });
});
