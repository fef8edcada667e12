import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SecretStore, systemKeyring } from '../../src/config/secret-store.js';

/** A keyring in memory that can be locked. */
export class MemoryKeyring implements SecretStore {
  readonly secrets = new Map<string, string>();
  /** Operations that go on before it is locked. */
  left = Infinity;

  #use(): void {
    this.left -= 1;
    if (this.left < 0) throw new Error('locked');
  }
  async get(id: string): Promise<string | undefined> {
    this.#use();
    return this.secrets.get(id);
  }
  async set(id: string, secret: string): Promise<void> {
    this.#use();
    this.secrets.set(id, secret);
  }
  async delete(id: string): Promise<void> {
    this.#use();
    this.secrets.delete(id);
  }
}

/** Why the keyring of the system cannot be tested here; undefined when it can. */
export const whyNot = ((): string | undefined => {
  if (process.platform !== 'linux') return 'a throw-away secret service is made on Linux only';
  const missing = ['dbus-daemon', 'gnome-keyring-daemon'].filter(
    (program) => spawnSync(program, ['--version']).error !== undefined,
  );
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`;
})();

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill();
  await gone;
}

/** A bus that starts no programs: they would be those of the person who runs the tests. */
const busConfiguration = (directory: string) => `<busconfig>
  <type>session</type>
  <listen>unix:dir=${directory}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** A session bus with an unlocked secret service of its own, for this process. */
export async function startSecretService(): Promise<AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'skaha-keyring-'));
  const environment = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, XDG_DATA_HOME: home };
  await mkdir(join(home, 'keyrings'));
  const settings = join(home, 'bus.conf');
  await writeFile(settings, busConfiguration(home));
  const bus = spawn('dbus-daemon', [`--config-file=${settings}`, '--nofork', '--print-address'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [address] = await once(bus.stdout, 'data');
  const former = process.env['DBUS_SESSION_BUS_ADDRESS'];
  process.env['DBUS_SESSION_BUS_ADDRESS'] = String(address).trim();
  const daemon = spawn(
    'gnome-keyring-daemon',
    ['--foreground', '--unlock', '--components=secrets'],
    {
      env: { ...environment, DBUS_SESSION_BUS_ADDRESS: String(address).trim() },
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  daemon.stdin.end('throw-away');
  const service = {
    async [Symbol.asyncDispose]() {
      await stop(daemon);
      await stop(bus);
      if (former === undefined) delete process.env['DBUS_SESSION_BUS_ADDRESS'];
      else process.env['DBUS_SESSION_BUS_ADDRESS'] = former;
      await rm(home, { recursive: true, force: true });
    },
  };
  try {
    await answering();
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return service;
}

/** It says to nobody when it is ready. */
async function answering(): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await systemKeyring.set('ready', 'yes');
      return await systemKeyring.delete('ready');
    } catch (error) {
      if (attempt === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
