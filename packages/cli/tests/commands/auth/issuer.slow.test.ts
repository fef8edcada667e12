import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlatformDescription, startDetached, stopPlatform } from 'skaha-platform';
import { expect, onTestFinished, test } from 'vitest';
import { layKeys } from '../../../../../scripts/tests/platform-keys.js';
import { ownPlatform } from '../../harness.js';
import { Home, person } from '../../identity.js';

/** A provider of identities in a process of its own, as a site has one. */
async function provider(): Promise<PlatformDescription> {
  const data = mkdtempSync(join(tmpdir(), 'skaha-provider-'));
  layKeys(data);
  onTestFinished(async () => {
    await stopPlatform({ data });
    rmSync(data, { recursive: true, force: true });
  });
  return await startDetached({ data, port: 0, user: 'ada', runner: 'process' });
}

/** The user says yes, on the page of the provider. */
async function approve(link: string, { ca, passwordFile }: PlatformDescription): Promise<boolean> {
  const url = new URL(link);
  const fields = {
    user_code: url.searchParams.get('user_code') ?? '',
    username: 'ada',
    password: readFileSync(passwordFile ?? '', 'utf8').trim(),
    action: 'approve',
  };
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return await new Promise<boolean>((resolve, reject) => {
    const page = request(url, { method: 'POST', ca: readFileSync(ca), headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    page.once('error', reject).end(new URLSearchParams(fields).toString());
  });
}

const statusOf = async (url: string, token: string, ca: string) =>
  await new Promise<number | undefined>((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const asked = request(url, { ca: readFileSync(ca), headers, agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode));
    });
    asked.once('error', reject).end();
  });

test('a login at the issuer of a site is good on its platform, and nothing else of that issuer', async () => {
  const issuer = await provider();
  const oidc = { issuer: issuer.issuer, ca: issuer.ca, audience: 'any' };
  const users = [{ name: 'ada', uid: 20_001 }];
  const site = await ownPlatform({
    user: 'operator',
    runner: 'process',
    config: { identity: { oidc }, users },
  });
  const { url, registry, ca } = site.platform;
  const home = await Home.make();
  await home.write(`schema: skaha
version: 1
providers:
  lab: { mode: oidc, issuer: "${issuer.issuer}", registry: "${registry}", ca: "${ca}", development: true }
`);
  const services = { openBrowser: async (link: string) => await approve(link, issuer) };
  const login = await home.ask(['login', 'lab'], person(), { services });
  expect(login).toMatchObject({ status: 0 });
  expect(login.stderr).toContain('Logged in to lab as ada');
  expect(await home.settings()).toMatchObject({ servers: { lab: { url, auths: ['oidc'] } } });
  expect((await home.run(['whoami', '-q'])).stdout).toBe('ada\n');
  const image = 'images.canfar.net/skaha/terminal:1.1.2';
  const created = await home.run(['create', 'headless', image, '--', 'id', '-u']);
  expect(created).toMatchObject({ status: 0 });
  const listed = JSON.parse((await home.run(['ps', '--all', '--json'])).stdout);
  expect(listed).toMatchObject([{ userid: 'ada', runAsUID: '20001' }]);
  expect(created.stdout).toContain(listed[0].id);
  // Its other credentials are the provider's own, and no proof here.
  const token = readFileSync(issuer.tokenFile, 'utf8').trim();
  expect(await statusOf(`${url}/v1/session`, token, ca)).toBe(401);
});
