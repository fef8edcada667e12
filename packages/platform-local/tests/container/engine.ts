import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ContainerSettings } from '@skaha/platform-local/container/settings.js';
import type Docker from 'dockerode';

/** An image of links only: what it runs is bound from this machine. */
export const image = 'images.canfar.net/skaha/terminal:1.1.2';

/** Makes the programs of this machine those of an image of links. */
export const machineMounts = [
  { source: '/usr', target: '/usr', readOnly: true },
  { source: '/etc', target: '/etc', readOnly: true },
];

/** An engine of a test's own. */
export interface TestEngine {
  readonly docker: Docker;
  readonly settings: ContainerSettings;
  stop(): Promise<void>;
}

/** Why an engine cannot be started here; undefined when it can. */
export function obstacleTo(programs: readonly string[]): string | undefined {
  if (process.platform !== 'linux') return 'engines are tested on Linux only';
  if (process.getuid?.() !== 0) return 'only root can start an engine of its own';
  const missing = programs.filter((program) => !isInstalled(program));
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Says once why tests are left out; false when they are not. */
export function skipsFor(obstacle: string | undefined, what: string): boolean {
  if (obstacle === undefined) return false;
  process.stderr.write(`container runner: tests with ${what} are left out, ${obstacle}\n`);
  return true;
}

/** Starts the program of an engine, and waits until it answers. */
export async function serve(
  docker: Docker,
  command: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<ChildProcess> {
  const [program = '', ...words] = command;
  const service = spawn(program, words, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  service.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk}`.slice(-4_000);
  });
  for (let step = 0; step < 400; step += 1) {
    const answers = await docker.ping().then(
      () => true,
      () => false,
    );
    if (answers) return service;
    if (service.exitCode !== null) break;
    await pause(50);
  }
  service.kill('SIGKILL');
  throw new Error(`${program} does not start: ${said}`);
}

export async function end(service: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (service.exitCode !== null || service.signalCode !== null) return;
  const gone = new Promise((resolve) => service.once('exit', resolve));
  service.kill(signal);
  await gone;
}

export async function removeContainers(docker: Docker): Promise<void> {
  const left = await docker.listContainers({ all: true });
  for (const { Id } of left) await docker.getContainer(Id).remove({ force: true });
}

/** A tar archive of an image whose programs are those of this machine. */
export function layerOfLinks(): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'skaha-layer-'));
  try {
    const empty = ['usr', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'var', 'arc', 'scratch'];
    // Sessions may enter it, unlike a temporary directory.
    const tree = join(root, 'tree');
    for (const name of empty) mkdirSync(join(tree, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
      symlinkSync(`usr/${name}`, join(tree, name));
    }
    return execFileSync('tar', ['cf', '-', '-C', tree, '.']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Gives an engine the image of links. */
export async function makeImage(docker: Docker): Promise<void> {
  const [repo = '', tag = ''] = image.split(/:(?=[^:]*$)/);
  const answer = await docker.importImage(Readable.from([layerOfLinks()]), { repo, tag });
  await new Promise((resolve, reject) => {
    answer.on('error', reject).on('end', resolve).resume();
  });
  // Podman 4 gives an imported image the tag "latest", whatever was asked.
  const [{ Id } = { Id: '' }] = await docker.listImages();
  await docker.getImage(Id).tag({ repo, tag });
}
