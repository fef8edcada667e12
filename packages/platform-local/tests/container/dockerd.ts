import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Docker from 'dockerode';
import { disk } from '../../../../scripts/tests/places.js';
import {
  end,
  machineMounts,
  makeImage,
  obstacleTo,
  removeContainers,
  serve,
  skipsFor,
  type TestEngine,
} from './engine.js';

export const skipWithoutDocker = (): boolean =>
  skipsFor(obstacleTo(['dockerd', 'containerd', 'runc', 'tar']), 'Docker');

/** Starts a Docker daemon that shares nothing with one of this machine, and leaves its network be. */
export async function startDocker(): Promise<TestEngine> {
  // Paths of its sockets have little room to spare.
  const root = mkdtempSync(join(disk(), 'skaha-docker-'));
  const socket = join(root, 'engine.sock');
  const docker = new Docker({ socketPath: socket });
  const command = [
    'dockerd',
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--ip-forward=false',
    `--host=unix://${socket}`,
    `--pidfile=${join(root, 'pid')}`,
    `--data-root=${join(root, 'data')}`,
    `--exec-root=${join(root, 'exec')}`,
    '--storage-driver=vfs',
    '--exec-opt=native.cgroupdriver=cgroupfs',
  ];
  const { PATH, LD_LIBRARY_PATH } = process.env;
  const env = { PATH, LD_LIBRARY_PATH, HOME: root };
  const service = await serve(docker, command, { cwd: root, env });
  await makeImage(docker);
  return {
    docker,
    settings: { socket, network: 'host', mounts: machineMounts },
    stop: async () => {
      await removeContainers(docker);
      await end(service, 'SIGTERM');
      rmSync(root, { recursive: true, force: true });
    },
  };
}
