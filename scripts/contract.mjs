// @ts-check
// `npm run test:contract`: whatever set-up is missing, then the statements of the contract, one by
// one: on a local platform, or on the one that is named with --url. What is created is deleted.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readOptions, refuse } from './lib/options.mjs';
import { setUpAndRun } from './lib/setup.mjs';

const usage = `Usage: npm run test:contract -- [OPTIONS]

  --url URL           root of a platform, for example https://ws-uv.canfar.net/skaha;
                      left out: a local platform is started
  --token-file FILE   your bearer token is in this file
  --certificate FILE  your client certificate and its key are in this PEM file
  --ca FILE           trust this authority instead of the system's
  --interactive       also start sessions that are not headless
`;

/** @param {string} message */
const fail = (message) => refuse(message, usage);

const options = readOptions(
  {
    url: { type: 'string' },
    'token-file': { type: 'string' },
    certificate: { type: 'string' },
    ca: { type: 'string' },
    interactive: { type: 'boolean' },
  },
  usage,
);

/** @type {Record<string, string>} */
const env = {};
const from = process.env['INIT_CWD'] ?? process.cwd();
for (const [name, path] of [
  ['CONTRACT_TOKEN_FILE', options['token-file']],
  ['CONTRACT_CERTIFICATE', options.certificate],
  ['CONTRACT_CA', options.ca],
]) {
  if (name === undefined || path === undefined) continue;
  const file = resolve(from, path);
  if (!existsSync(file)) fail(`There is no file ${file}.`);
  env[name] = file;
}
if (options.url !== undefined) {
  if (!/^https:\/\/[^/?#]+\/[^?#]*$/.test(options.url)) fail(`${options.url} is no https address.`);
  if (env['CONTRACT_TOKEN_FILE'] === undefined && env['CONTRACT_CERTIFICATE'] === undefined) {
    fail('Name your credential with --token-file or --certificate.');
  }
  env['CONTRACT_URL'] = options.url.replace(/\/+$/, '');
}
if (options.interactive === true) env['CONTRACT_INTERACTIVE'] = '1';

const suite = 'packages/platform/tests/contract/contract.test.ts';
const words = ['run', '--project', 'fast', '--reporter', 'verbose', suite];
process.exitCode = await setUpAndRun('node_modules/vitest/vitest.mjs', words, env);
