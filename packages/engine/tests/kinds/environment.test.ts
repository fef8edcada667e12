import { describe, expect, test } from 'vitest';
import { displayFor } from '../../src/kinds/display.js';
import { kindEnvironment } from '../../src/kinds/environment.js';

let issued = 0;
const facts = {
  id: 'abcd1234',
  user: 'adastra',
  uid: 61_000,
  home: '/arc/home/adastra',
  threads: 2,
  pageToken: 'secret-of-the-page',
  callbackToken: () => {
    issued += 1;
    return 'meta~sig';
  },
  display: '/tmp/.X11-unix',
};

describe('the variables of each kind', () => {
  test('headless sessions have none of their own, and only desktops call back', () => {
    for (const kind of ['headless', 'notebook', 'contributed', 'carta', 'firefly'] as const) {
      const variables = kindEnvironment(kind, facts);
      expect(variables).not.toHaveProperty('DESKTOP_SESSION_APP_TOKEN');
      if (kind === 'headless') expect(variables).toEqual({});
    }
    expect(issued).toBe(0);
    expect(kindEnvironment('desktop', facts)).toEqual({
      DESKTOP_SESSION_APP_TOKEN: 'meta~sig',
      MOZ_FORCE_DISABLE_E10S: '1',
      SKAHA_API_VERSION: 'v1',
      VNC_PW: 'abcd1234',
      skaha_display: '/tmp/.X11-unix',
    });
  });

  test('a notebook asks for the token of its page', () => {
    expect(kindEnvironment('notebook', facts)).toMatchObject({
      JUPYTER_TOKEN: 'secret-of-the-page',
      JUPYTER_CONFIG_DIR: '/arc/home/adastra/.jupyter',
      NB_UID: '61000',
      NB_USER: 'adastra',
      OPENBLAS_NUM_THREADS: '2',
    });
  });

  test('a CARTA or Firefly session knows its address', () => {
    expect(kindEnvironment('carta', facts)).toMatchObject({
      CARTA_PORT: '6901',
      SKAHA_SESSION_URL_PATH: '/session/carta/abcd1234',
    });
    expect(kindEnvironment('firefly', facts)).toMatchObject({
      baseURL: '/session/firefly/abcd1234/',
    });
  });

  test('a desktop and its apps meet at the usual place, or in a directory of the machine', () => {
    const usual = '/tmp/.X11-unix';
    expect(displayFor('desktop-app', '/d', true)).toEqual({
      path: usual,
      mounts: [{ source: '/d', target: usual }],
    });
    expect(displayFor('desktop', '/d', false)).toEqual({ path: '/d', mounts: [] });
    expect(displayFor('headless', '/d', true).mounts).toEqual([]);
  });
});
