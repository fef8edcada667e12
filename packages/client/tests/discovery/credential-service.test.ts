import { afterEach, beforeEach, expect, test } from 'vitest';
import { findCredentialService, type IdentityProvider } from '../../src/discovery/index.js';
import { type StandIn, startStandIn } from '../auth/stand-in.js';
import { rejection } from '../fixtures.js';

let standIn: StandIn;
let lab: IdentityProvider;

beforeEach(async () => {
  standIn = await startStandIn();
  const { origin } = standIn;
  lab = {
    key: 'lab',
    name: 'Lab',
    mode: 'x509',
    registries: [{ name: 'Lab', url: `${origin}/reg`, development: false }],
    credentialService: 'ivo://cadc.nrc.ca/cred',
    development: true,
    builtIn: false,
  };
  standIn.on('GET /reg', { body: `ivo://cadc.nrc.ca/cred = ${origin}/capabilities` });
});
afterEach(() => standIn[Symbol.asyncDispose]());

const find = (provider = lab, development = true) =>
  findCredentialService(provider, 'password', {
    transport: standIn.transport,
    timeoutMs: 5_000,
    development,
  });

/** Capabilities with these interfaces of the certificate endpoint: method and addresses. */
function offer(...interfaces: readonly (readonly [method: string, ...urls: string[]])[]): void {
  const body = interfaces.map(([method, ...urls]) => {
    const methods =
      method === '' ? '' : `<securityMethod standardID="ivo://ivoa.net/sso#${method}"/>`;
    return `<interface>${urls.map((url) => `<accessURL> ${url} </accessURL>`).join('')}${methods}</interface>`;
  });
  standIn.on('GET /capabilities', {
    body: `<v:c xmlns:v="x"><capability standardID="ivo://ivoa.net/std/CDP#proxy-1.0">${body.join('')}</capability></v:c>`,
  });
}

test('the interface for the proof we hold is taken, over https where it is offered', async () => {
  const url = 'https://c.example.org/generate';
  offer(['token', 'https://no.example.org/'], ['BasicAA', 'http://c.example.org/generate', url]);
  expect(await find()).toEqual({ url, realm: 'c.example.org' });
});

test('an interface that asks for nothing serves where there is no other', async () => {
  offer(['token', 'https://no.example.org/'], ['', 'https://c.example.org/generate']);
  expect((await find()).url).toBe('https://c.example.org/generate');
});

test.each([
  ['an address that is not https', 'http://c.example.org/generate', 'its address is not https'],
  ['an address with a user', 'https://a:b@c.example.org/', 'its address contains a user name'],
])('S25: %s gets no password', async (_what, url, reason) => {
  offer(['BasicAA', url]);
  expect(await rejection(find())).toMatchObject({
    code: 'server.discovery_failed',
    message: expect.stringContaining(reason),
  });
});

test('a service that no registry lists is said to be missing', async () => {
  standIn.on('GET /reg', { body: '' });
  expect(await rejection(find())).toMatchObject({
    code: 'server.discovery_failed',
    message: "The credential service of 'lab' cannot be used: no registry lists it.",
  });
});

test('another registry is asked when the first does not answer', async () => {
  const { origin } = standIn;
  standIn.on('GET /reg', 'drop');
  standIn.on('GET /second', { body: `ivo://cadc.nrc.ca/cred = ${origin}/capabilities` });
  offer(['BasicAA', 'https://c.example.org/generate']);
  expect(await rejection(find())).toMatchObject({ code: 'server.discovery_failed' });
  const found = await find({ ...lab, fallbackRegistry: `${origin}/second` });
  expect(found.url).toBe('https://c.example.org/generate');
});
