import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runChild } from '../../cli/tests/child.js';
import { temporaryDirectory } from '../../platform/tests/fixtures.js';
import { namespaceIn, testCluster } from './cluster.js';

const cluster = testCluster({});

/** Starts a platform as its owner does, who gets no further. */
async function start(kubernetes: object) {
  const home = temporaryDirectory();
  const data = join(home, 'platform');
  mkdirSync(data);
  const config = { runner: 'kubernetes', runners: { kubernetes } };
  writeFileSync(join(data, 'platform.yaml'), JSON.stringify(config));
  return await runChild(['platform', 'start', '--data', data, '--port', '0'], { HOME: home });
}

test.each<[string, () => object, RegExp]>([
  [
    'no cluster',
    () => ({ kubeconfig: '/nowhere/config' }),
    /there is no kubeconfig at \/nowhere\/config/,
  ],
  [
    'a certificate that has expired',
    () => ({ kubeconfig: cluster.writeConfigFor('expired') }),
    /does not accept the credentials of .*: the client certificate expired on 2026-01-02\.$/,
  ],
  [
    'rights that are missing',
    () => ({ kubeconfig: cluster.writeConfigFor('stranger'), namespace: 'default' }),
    /lacks rights in the namespace default: .*create on pods\/exec/,
  ],
  [
    'a namespace that is missing',
    () => ({ kubeconfig: cluster.kubeconfig, namespace: 'nowhere' }),
    /has no namespace nowhere \(create it with 'kubectl create namespace nowhere'\)/,
  ],
  [
    'a cluster without Kueue',
    () => ({
      kubeconfig: cluster.kubeconfig,
      namespace: namespaceIn(cluster),
      kueue: { queue: 'people' },
    }),
    /Kueue is not installed/,
  ],
])('%s is told in one line, with what to do, and exit code 1', async (_, kubernetes, line) => {
  const { status, stdout, stderr } = await start(kubernetes());
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  const [error = '', hint = '', ...more] = stderr.trimEnd().split('\n');
  expect(error).toMatch(/^Error: The kubernetes runner cannot work here: /);
  expect(error).toMatch(line);
  expect(hint).toMatch(/^Hint: /);
  expect(more).toEqual([]);
});
