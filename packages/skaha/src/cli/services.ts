import { systemClock } from '../utils/clock.js';
import type { Services } from './deps.js';
import type { Terminal } from './io.js';

function browserCommand(env: Terminal['env']): readonly [string, ...string[]] | undefined {
  const chosen = env['BROWSER'];
  if (chosen !== undefined && chosen !== '') return [chosen];
  if (process.platform === 'darwin') return ['open'];
  if (process.platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasDisplay = [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((value) => Boolean(value));
  return hasDisplay ? ['xdg-open'] : undefined;
}

async function openBrowser(url: string, env: Terminal['env']): Promise<boolean> {
  const command = browserCommand(env);
  if (command === undefined) return false;
  const [program, ...args] = command;
  const { spawn } = await import('node:child_process');
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { detached: true, stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}

/** The services of this machine. */
export function systemServices(terminal: Pick<Terminal, 'env'>): Services {
  return {
    connect: async (options) => {
      const { SkahaClient } = await import('../client.js');
      return new SkahaClient(options);
    },
    readTextFile: async (path) => {
      const { readFile } = await import('node:fs/promises');
      return readFile(path, 'utf8');
    },
    openBrowser: (url) => openBrowser(url, terminal.env),
    describeHost: async () => {
      const { arch, release, type } = await import('node:os');
      return { runtime: `Node.js ${process.version}`, system: `${type()} ${release()} ${arch()}` };
    },
    clock: systemClock,
    random: Math.random,
  };
}
