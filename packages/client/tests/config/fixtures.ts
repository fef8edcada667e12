import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ErrorCode, SkahaError } from '../../src/errors/index.js';
import { isSkahaError } from '../../src/errors/index.js';

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'skaha-config-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A private configuration file with the given text. */
export async function configurationFile(text: string | Uint8Array, mode = 0o600): Promise<string> {
  const path = join(await temporaryDirectory(), 'config.yaml');
  await writeFile(path, text, { mode });
  return path;
}

export const sample = `# My settings
schema: skaha
version: 1
active: canfar   # the usual one
contexts:
  # one line each
  canfar: { server: canfar, credential: cadc }
  sweden: { server: sweden, credential: srcnet }
servers:
  canfar: { uri: "ivo://cadc.nrc.ca/skaha", url: "https://ws-uv.canfar.net/skaha", version: v1, auths: [x509, oidc] }
  sweden: { url: "https://services.swesrc.chalmers.se/skaha/v1" }
credentials:
  cadc: { mode: x509, path: ~/.ssl/cadcproxy.pem }
  srcnet:
    mode: oidc
    issuer: https://ska-iam.stfc.ac.uk/
    client: { identity: me, secret: client-hush }
    token: { access: access-hush, refresh: refresh-hush, scope: openid }
    expiry: { access: 1785000000 }
registries:
  images.canfar.net: { username: ada, secret: registry-hush }
console: { banner: true, color: auto }
future: { wonder: [1, 2] }
`;

/** The error that a promise rejects with; fails when it does not, or with another code. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<SkahaError> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('value' in outcome) throw new Error(`It succeeded instead of failing with ${code}.`);
  if (!isSkahaError(outcome.error, code)) throw outcome.error;
  return outcome.error;
}
