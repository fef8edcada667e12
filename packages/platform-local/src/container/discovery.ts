import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Engine } from './engine.js';
import { engineError } from './engine-error.js';

/** How long an engine that is only looked for may take to say who it is, in milliseconds. */
const searchMs = 5_000;

/** How long one that is named may take: with much to do, Podman makes even this question wait. */
const namedMs = 20_000;

/** Where an engine is looked for. */
export interface EnginePlaces {
  /** The socket of the configuration. */
  readonly socket?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** An engine, or why there is none. */
export type FoundEngine = { readonly engine: Engine } | { readonly obstacle: string };

/**
 * Finds a container engine: the one of the configuration, else that of `DOCKER_HOST`, else the
 * first that answers at a place where Docker or Podman usually listens.
 *
 * @param places - what the configuration and the environment say
 * @param signal - gives up the search
 */
export async function findEngine(places: EnginePlaces, signal?: AbortSignal): Promise<FoundEngine> {
  const { environment } = places;
  const host = environment['DOCKER_HOST'];
  if (places.socket !== undefined) return await theOne(places.socket, 'container.socket', signal);
  if (host !== undefined && host !== '') {
    const socket = /^unix:\/\/(\/.+)$/.exec(host)?.[1];
    if (socket !== undefined) return await theOne(socket, 'DOCKER_HOST', signal);
    return {
      obstacle: 'DOCKER_HOST is set to an engine that is not at a Unix socket of this machine',
    };
  }
  return await firstOf(usualSockets(environment), signal);
}

async function theOne(
  socket: string,
  origin: 'container.socket' | 'DOCKER_HOST' | 'found',
  signal?: AbortSignal,
): Promise<FoundEngine> {
  const patienceMs = origin === 'found' ? searchMs : namedMs;
  try {
    return { engine: await Engine.connect(socket, patienceMs, signal) };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = engineError(error).message;
    return { obstacle: `No container engine answers at ${socket} (${origin}): ${reason}` };
  }
}

function userHome(): string | undefined {
  try {
    return homedir();
  } catch {
    // The system knows no user of that number.
    return undefined;
  }
}

function usualSockets(environment: EnginePlaces['environment']): string[] {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const home = environment['HOME'] ?? userHome();
  return [
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    '/var/run/docker.sock',
    ...(home === undefined ? [] : [join(home, '.docker/run/docker.sock')]),
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock')]),
    '/run/podman/podman.sock',
  ];
}

async function firstOf(sockets: readonly string[], signal?: AbortSignal): Promise<FoundEngine> {
  const failures: string[] = [];
  for (const socket of sockets) {
    const there = await access(socket).then(
      () => true,
      () => false,
    );
    if (!there) continue;
    const found = await theOne(socket, 'found', signal);
    if ('engine' in found) return found;
    failures.push(found.obstacle);
  }
  const start = 'Start Docker, or Podman with: systemctl --user start podman.socket';
  if (failures.length > 0) return { obstacle: `${failures.join('; ')}. ${start}` };
  return { obstacle: `No socket of Docker or Podman was found. ${start}` };
}
