import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { openKubernetes } from '../src/open.js';
import { readSettings } from '../src/settings.js';
import { namespaceIn, testCluster } from './cluster.js';
import { partsFolder, partsIn } from './lab/parts.mjs';

const cluster = testCluster({});
const deploy = fileURLToPath(new URL('../../../deploy/', import.meta.url));

test('the manifests are accepted, and their account may do what a platform does, and no more', async () => {
  const namespace = namespaceIn(cluster);
  cluster.kubectl(['-n', namespace, 'apply', '--kustomize', join(deploy, 'kustomize')]);
  const objects = cluster.kubectl([
    '-n',
    namespace,
    'get',
    'deployment,service,pvc,role',
    '-o',
    'name',
  ]);
  expect(objects).toContain('deployment.apps/skaha-platform');
  const token = cluster.kubectl(['-n', namespace, 'create', 'token', 'skaha-platform']).trim();
  const kubeconfig = cluster.writeConfigFor('platform', { token });
  const networkPolicy = true;
  for (const pages of ['direct', 'forward']) {
    const opened = await openKubernetes({ kubeconfig, namespace, networkPolicy, pages });
    expect(opened).not.toHaveProperty('obstacle');
  }
  const account = `system:serviceaccount:${namespace}:skaha-platform`;
  const may = (verb: string, what: string, where = namespace) => {
    const words = ['auth', 'can-i', verb, what, '-n', where, '--as', account];
    try {
      return cluster.kubectl(words).trim();
    } catch {
      return 'no';
    }
  };
  expect(may('create', 'jobs')).toBe('yes');
  expect(may('get', 'secrets')).toBe('no');
  expect(may('create', 'pods')).toBe('no');
  expect(may('create', 'jobs', 'default')).toBe('no');
  expect(may('list', 'nodes')).toBe('no');
});

test('the settings of the manifests are settings of a platform', () => {
  const text = readFileSync(join(deploy, 'kustomize', 'settings.yaml'), 'utf8');
  const [document] = parseAllDocuments(text);
  const settings = document?.toJS() as { runners: { kubernetes: unknown } };
  expect(readSettings(settings.runners.kubernetes)).toMatchObject({ networkPolicy: true });
});

test('the chart makes the same objects, and they are accepted', () => {
  const namespace = namespaceIn(cluster);
  const home = mkdtempSync(join(tmpdir(), 'skaha-helm-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const chart = join(deploy, 'helm', 'skaha-platform');
  const helm = (...words: string[]) =>
    execFileSync(partsIn(partsFolder()).helm, words, {
      encoding: 'utf8',
      env: { ...process.env, HOME: home },
    });
  expect(helm('lint', '--strict', chart)).toContain('0 chart(s) failed');
  const made = helm('template', 'one', chart, '--set', 'ingress.enabled=true');
  cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], made);
  expect(cluster.kubectl(['-n', namespace, 'get', 'ingress', '-o', 'name'])).toContain(
    'one-platform',
  );
});
