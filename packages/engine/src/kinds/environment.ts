import type { KnownSessionKind } from '@skaha/wire/kinds.js';

/** What the variables of a kind are derived from. */
export interface KindFacts {
  readonly id: string;
  readonly user: string;
  readonly uid: number;
  /** The owner's home as the session sees it. */
  readonly home: string;
  /** Cores that it is promised, as a whole number. */
  readonly threads: number;
  /** Creates the token for the session's page. */
  pageToken(): string;
  /** Creates the token with which a desktop calls back. */
  callbackToken(): string;
  /** The directory that a desktop and its apps share, as they see it. */
  readonly display: string;
}

type Variables = Readonly<Record<string, string>>;

const threads = ({ threads: count }: KindFacts): Variables => ({
  JULIA_NUM_THREADS: String(count),
  MKL_NUM_THREADS: String(count),
  OPENBLAS_NUM_THREADS: String(count),
});

const notebook = (facts: KindFacts): Variables => {
  const own = `${facts.home}/.jupyter`;
  return {
    ...threads(facts),
    JUPYTERLAB_SETTINGS_DIR: `${own}/lab/user-settings`,
    JUPYTERLAB_WORKSPACES_DIR: `${own}/lab/workspaces`,
    JUPYTER_CONFIG_DIR: own,
    JUPYTER_DATA_DIR: `${facts.home}/.local/share/jupyter`,
    JUPYTER_PATH: `${facts.home}/.local/share/jupyter`,
    NB_UID: String(facts.uid),
    NB_USER: facts.user,
    XDG_CACHE_HOME: `${facts.home}/.cache`,
  };
};

const desktop = (facts: KindFacts): Variables => ({
  MOZ_FORCE_DISABLE_E10S: '1',
  SKAHA_API_VERSION: 'v1',
  skaha_display: facts.display,
});

const carta = ({ id }: KindFacts): Variables => ({
  CARTA_IDLE_TIMEOUT: '100000',
  CARTA_PORT: '6901',
  SKAHA_PROJECTS_DIR: '/arc/projects',
  SKAHA_SESSION_URL_PATH: `/session/carta/${id}`,
  SKAHA_TOP_LEVEL_DIR: '/arc',
  UWS_HTTP_MAX_HEADERS_SIZE: '32768',
});

const firefly = (facts: KindFacts): Variables => ({
  ...threads(facts),
  CADC_SSO_COOKIE_NAME: 'CADC_SSO',
  DEBUG: 'FALSE',
  XDG_CACHE_HOME: `${facts.home}/.cache`,
  baseURL: `/session/firefly/${facts.id}/`,
});

const byKind: ReadonlyMap<KnownSessionKind, (facts: KindFacts) => Variables> = new Map([
  ['notebook', notebook],
  ['desktop', desktop],
  ['carta', carta],
  ['contributed', threads],
  ['firefly', firefly],
  [
    'desktop-app',
    ({ display }: KindFacts) => ({
      GDK_SYNCHRONIZE: '1',
      SHELL: '/bin/bash',
      skaha_display: display,
    }),
  ],
]);

/** Variables that only sessions of this kind have (Skaha API, environment). */
export const kindEnvironment = (kind: KnownSessionKind, facts: KindFacts): Variables =>
  byKind.get(kind)?.(facts) ?? {};

const secretsByKind: ReadonlyMap<KnownSessionKind, (facts: KindFacts) => Variables> = new Map([
  ['notebook', ({ pageToken }: KindFacts): Variables => ({ JUPYTER_TOKEN: pageToken() })],
  [
    'desktop',
    ({ id, callbackToken }: KindFacts): Variables => ({
      DESKTOP_SESSION_APP_TOKEN: callbackToken(),
      VNC_PW: id,
    }),
  ],
]);

/** The secret variables of a kind. */
export const kindSecrets = (kind: KnownSessionKind, facts: KindFacts): Variables =>
  secretsByKind.get(kind)?.(facts) ?? {};
