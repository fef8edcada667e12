import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KnownSessionKind } from '@skaha/wire/kinds.js';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from '../../../../scripts/tests/temporary-directory.js';
import { Catalogue } from '../../src/images/catalogue.js';
import { type Ground, planKind } from '../../src/kinds/plan.js';

const host = 'images.canfar.net/skaha';
const catalogue = new Catalogue(
  [
    { id: `${host}/astroml:latest`, types: ['notebook', 'headless'], command: ['python3'] },
    { id: `${host}/carta:latest`, types: ['carta'] },
    { id: `${host}/desktop:latest`, types: ['desktop'] },
    { id: `${host}/firefly:latest`, types: ['firefly'] },
    { id: `${host}/python:latest`, types: ['headless'], command: ['python3'] },
    {
      id: `${host}/terminal:1.1.2`,
      types: ['headless', 'desktop-app'],
      command: ['/bin/sh'],
      commands: { 'desktop-app': ['xterm', '-fs', '11'] },
    },
    { id: `${host}/webpage:latest`, types: ['contributed'], command: ['node', 'platform:webpage'] },
  ].map((image) => ({ ...image, digest: '' })),
);

/** As the platform finds the programs that come with it. */
const ownProgram = (word: string) =>
  word === 'platform:webpage' ? '/platform/apps/webpage.js' : undefined;

/** A folder of programs with these names. */
function machineWith(...programs: readonly string[]): Ground {
  const path = temporaryDirectory();
  for (const program of programs) {
    writeFileSync(join(path, program), '#!/bin/sh\n');
    chmodSync(join(path, program), 0o755);
  }
  return { runsImages: false, path, ownProgram };
}

const plan = (kind: KnownSessionKind, name: string, ground = machineWith()) =>
  planKind(kind, `${host}/${name}`, catalogue.get(`${host}/${name}`), ground);

describe('what a session of each kind runs on this machine', () => {
  test.each([
    ['notebook', 'astroml:latest', /Jupyter server: install .*jupyter-notebook/],
    ['desktop', 'desktop:latest', /VNC server and a window manager: install .*tigervnc/],
    ['desktop-app', 'terminal:1.1.2', /"xterm", which is not installed here: install it/],
    ['carta', 'carta:latest', /install Podman or Docker/],
    ['firefly', 'firefly:latest', /install Podman or Docker/],
    ['contributed', 'python:latest', /has no program for a contributed session/],
    ['desktop-app', 'unheard-of:1', /has no program for a desktop-app session/],
  ] as const)('a %s that cannot run says what to install', (kind, name, missing) => {
    expect(plan(kind, name).missing).toMatch(missing);
  });

  test.each([
    ['notebook', 'astroml:latest', 'jupyter-notebook'],
    ['notebook', 'not-in-the-catalogue:1', 'jupyter-lab'],
    ['desktop', 'desktop:latest', 'Xvnc'],
    ['desktop-app', 'terminal:1.1.2', 'xterm'],
  ] as const)('a %s runs where its program is installed', (kind, name, program) => {
    const { missing, command } = plan(kind, name, machineWith(program));
    expect(missing).toBeUndefined();
    expect(command.slice(0, 2)).toEqual(['/bin/sh', '-c']);
  });

  test('an image of another kind does not become a notebook', () => {
    expect(plan('notebook', 'webpage:latest', machineWith('jupyter-lab')).command).toEqual([]);
  });

  test.each(['notebook', 'desktop'] as const)(
    'a %s whose image names a command runs that',
    (kind) => {
      const image = {
        id: 'x/y:1',
        types: [kind],
        digest: '',
        commands: { [kind]: ['own', 'page'] },
      };
      const found = planKind(kind, image.id, image, machineWith('own', 'jupyter-lab', 'Xvnc'));
      expect(found).toMatchObject({ command: ['own', 'page'], page: { socket: false } });
      expect(found.missing).toBeUndefined();
    },
  );

  test('the words of the catalogue reach an app as they are', () => {
    const image = {
      id: 'x/y:1',
      types: [],
      digest: '',
      commands: { 'desktop-app': ['a b', '$c'] },
    };
    const { command } = planKind('desktop-app', 'x/y:1', image, machineWith());
    expect(command.slice(-3)).toEqual(['app', 'a b', '$c']);
  });

  test('pages are at the port of the Skaha API, or at a socket where the program can', () => {
    expect(plan('notebook', 'astroml:latest').page).toEqual({ port: 8888, socket: true });
    expect(plan('desktop', 'desktop:latest').page).toEqual({ port: 6901, socket: true });
    expect(plan('carta', 'carta:latest').page).toEqual({ port: 6901, socket: false });
    expect(plan('firefly', 'firefly:latest').page).toEqual({ port: 8080, socket: false });
    expect(plan('contributed', 'webpage:latest').page).toEqual({ port: 5000, socket: true });
    const own = { id: 'x/y:1', types: ['contributed'], digest: '', command: ['app'] };
    const at = (image: typeof own & { socket?: boolean }) =>
      planKind('contributed', image.id, image, machineWith('app')).page;
    expect(at(own)).toEqual({ port: 5000, socket: false });
    expect(at({ ...own, socket: true })).toEqual({ port: 5000, socket: true });
    expect(plan('headless', 'python:latest').page).toBeUndefined();
    expect(plan('desktop-app', 'terminal:1.1.2').page).toBeUndefined();
  });

  test('images run their own programs, notebooks that of the platform', () => {
    const images = { runsImages: true, path: '', ownProgram };
    expect(plan('notebook', 'astroml:latest', images)).toMatchObject({
      command: ['/bin/sh', '-c', expect.stringContaining('jupyter-lab'), 'notebook'],
      page: { port: 8888, socket: false },
    });
    for (const [kind, name] of [
      ['desktop', 'desktop:latest'],
      ['contributed', 'webpage:latest'],
      ['carta', 'carta:latest'],
    ] as const) {
      const { command, missing } = plan(kind, name, images);
      expect([command, missing]).toEqual([[], undefined]);
    }
  });
});
