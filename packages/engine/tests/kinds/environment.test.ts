import { describe, expect, test } from 'vitest';
import { kindEnvironment, kindSecrets } from '../../src/kinds/environment.js';

let issued = 0;
const facts = {
  id: 'abcd1234',
  user: 'adastra',
  uid: 61_000,
  home: '/arc/home/adastra',
  threads: 2,
  pageToken: () => 'secret-of-the-page',
  callbackToken: () => {
    issued += 1;
    return 'meta~sig';
  },
  display: '/tmp/.X11-unix',
};

describe('the variables of each kind', () => {
  test('headless sessions have none of their own, and only desktops call back', () => {
    for (const kind of ['headless', 'notebook', 'contributed', 'carta', 'firefly'] as const) {
      const variables = { ...kindEnvironment(kind, facts), ...kindSecrets(kind, facts) };
      expect(variables).not.toHaveProperty('DESKTOP_SESSION_APP_TOKEN');
      if (kind === 'headless') expect(variables).toEqual({});
    }
    expect(issued).toBe(0);
    expect(kindEnvironment('desktop', facts)).toEqual({
      MOZ_FORCE_DISABLE_E10S: '1',
      SKAHA_API_VERSION: 'v1',
      skaha_display: '/tmp/.X11-unix',
    });
    expect(kindSecrets('desktop', facts)).toEqual({
      DESKTOP_SESSION_APP_TOKEN: 'meta~sig',
      VNC_PW: 'abcd1234',
    });
  });

  test('a notebook asks for the token of its page', () => {
    expect(kindSecrets('notebook', facts)).toEqual({ JUPYTER_TOKEN: 'secret-of-the-page' });
    expect(kindEnvironment('notebook', facts)).toMatchObject({
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
});
