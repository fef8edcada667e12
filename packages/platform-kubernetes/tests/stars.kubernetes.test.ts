import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { testCluster } from './cluster.js';

const cluster = testCluster({ images: ['docker.io/library/node:22-slim'] });
const start = fileURLToPath(new URL('../../../examples/star-catalogue/start.mjs', import.meta.url));

test('npm start counts the stars in pods of the cluster, and leaves nothing there', async () => {
  const home = mkdtempSync(join(tmpdir(), 'skaha-stars-home-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const picture = join(home, 'stars.svg');
  const words = ['--runner', 'kubernetes', '--replicas', '4', '--json', '--out', picture];
  const ended = await new Promise<{ status: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      const child = spawn(process.execPath, [start, ...words], {
        env: { ...process.env, HOME: home, KUBECONFIG: cluster.kubeconfig },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    },
  );
  expect(ended).toMatchObject({ status: 0, stderr: expect.stringContaining('0 running, 4 done') });
  expect(JSON.parse(ended.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
    stars: 118_216,
    replicas: 4,
  });
  expect(readFileSync(picture, 'utf8')).toContain('118,216 stars of the Hipparcos catalogue');
  // They were pods, one for each session.
  const events = JSON.parse(cluster.kubectl(['get', 'events', '-o', 'json'])).items as {
    readonly reason: string;
    readonly involvedObject: { readonly name: string };
  }[];
  const started = events.filter(({ reason }) => reason === 'Started');
  const pods = new Set(started.map(({ involvedObject }) => involvedObject.name));
  expect([...pods].filter((name) => name.startsWith('skaha-headless-'))).toHaveLength(5);
  await expect
    .poll(() => cluster.kubectl(['get', 'jobs,secrets,configmaps', '-o', 'name']), {
      timeout: 20_000,
    })
    .not.toContain('skaha-');
}, 240_000);
