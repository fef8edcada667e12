import type { PlatformConfig } from './schema.js';

const host = 'images.canfar.net';

/**
 * The images that a new platform offers. Those that a machine cannot run are listed too, as on the
 * real platform; their sessions say what is missing. Notebooks and desktops run the platform's own
 * scripts.
 */
export const defaultImages: NonNullable<PlatformConfig['images']> = [
  { id: `${host}/skaha/astroml:latest`, types: ['notebook', 'headless'], command: ['python3'] },
  { id: `${host}/skaha/carta:latest`, types: ['carta'] },
  { id: `${host}/skaha/desktop:latest`, types: ['desktop'] },
  { id: `${host}/skaha/firefly:latest`, types: ['firefly'] },
  { id: `${host}/skaha/node:latest`, types: ['headless'], command: ['node'] },
  { id: `${host}/skaha/python:latest`, types: ['headless'], command: ['python3'] },
  {
    id: `${host}/skaha/terminal:1.1.2`,
    types: ['headless', 'desktop-app'],
    command: ['/bin/sh'],
    commands: { 'desktop-app': ['xterm', '-fa', 'Monospace', '-fs', '11'] },
  },
  {
    id: `${host}/skaha/webpage:latest`,
    types: ['contributed'],
    command: ['node', 'platform:webpage'],
  },
];
