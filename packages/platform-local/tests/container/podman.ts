import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

/** A Podman that can be restarted. */
export interface TestPodman extends TestEngine {
  /** Ends the service and starts it again; containers go on. */
  restart(between: () => Promise<void>): Promise<void>;
}

export const skipWithoutPodman = (): boolean =>
  skipsFor(obstacleTo(['podman', 'runc', 'conmon', 'slirp4netns', 'tar']), 'Podman');

/**
 * Starts a Podman service that shares nothing with one of this machine.
 *
 * @param insecureRegistries - registries it may speak HTTP to
 */
export async function startPodman(insecureRegistries: readonly string[] = []): Promise<TestPodman> {
  // Paths of its sockets have little room to spare.
  const root = mkdtempSync(join(disk(), 'skaha-podman-'));
  const socket = join(root, 'engine.sock');
  const env = configure(root, insecureRegistries);
  const docker = new Docker({ socketPath: socket });
  const places = ['root', 'run', 'tmp'].map((name) => join(root, name));
  for (const place of places) mkdirSync(place);
  const [storage = '', run = '', temporary = ''] = places;
  const own = ['--root', storage, '--runroot', run, '--tmpdir', temporary];
  const words = [...own, '--storage-driver', 'vfs', 'system', 'service', '--time=0'];
  const start = async () =>
    await serve(docker, ['podman', ...words, `unix://${socket}`], { cwd: root, env });
  let service = await start();
  await makeImage(docker);
  return {
    docker,
    // Its usual network changes the firewall of the machine.
    settings: { socket, network: 'slirp4netns', mounts: machineMounts },
    restart: async (between) => {
      await end(service, 'SIGKILL');
      await between();
      service = await start();
    },
    stop: async () => {
      await removeContainers(docker);
      await end(service, 'SIGKILL');
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function configure(root: string, insecureRegistries: readonly string[]): NodeJS.ProcessEnv {
  const limits = readFileSync('/proc/self/limits', 'utf8');
  // Podman's own defaults are more than some machines let it give.
  const least = (name: string, most: number) => {
    const own = new RegExp(`^${name}\\s+\\S+\\s+(\\d+)`, 'm').exec(limits)?.[1];
    return Math.min(most, Number(own ?? most));
  };
  const [files, processes] = [least('Max open files', 20_000), least('Max processes', 32_768)];
  const containers = join(root, 'containers.conf');
  // Locks in files lie below its own folder. Those in shared memory belong to all services of a user:
  // each that starts gives them all back, and then two containers wait for one lock.
  writeFileSync(
    containers,
    `[containers]
default_ulimits = ["nofile=${files}:${files}", "nproc=${processes}:${processes}"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
`,
  );
  const registries = join(root, 'registries.conf');
  const entries = insecureRegistries.map(
    (location) => `[[registry]]\nlocation = "${location}"\ninsecure = true\n`,
  );
  writeFileSync(registries, `unqualified-search-registries = []\n${entries.join('')}`);
  return {
    PATH: process.env['PATH'],
    HOME: root,
    CONTAINERS_CONF: containers,
    CONTAINERS_REGISTRIES_CONF: registries,
  };
}
