import { availableParallelism, totalmem } from 'node:os';
import type { LogLevel } from '@skaha/base/logger.js';
import { stableDigest } from '@skaha/engine/images/catalogue.js';
import { type Oddity, oddityNames } from '@skaha/engine/oddities.js';
import type {
  ApiVersion,
  EngineSettings,
  Limits,
  LimitsFor,
  QuantityLimits,
} from '@skaha/engine/settings.js';
import type { UserSettings } from '@skaha/identity/identities.js';
import type { IssuerSettings, IssuerUser } from '@skaha/identity/issuer/settings.js';
import { defaultImages } from './default-images.js';
import { type RunningSettings, settleRunning } from './running.js';
import type { PlatformConfig } from './schema.js';

/** The log of a detached platform. */
export interface LogSettings {
  readonly level: LogLevel;
  /** Size in bytes at which a new file is started. */
  readonly maxBytes: number;
  /** How many old files are kept. */
  readonly keep: number;
}

/** Where the server listens, and its address for clients. */
export interface ListenSettings {
  /** The loopback address if omitted. */
  readonly address: string | undefined;
  /** Scheme, host and port as clients see them; by default its own. */
  readonly url: string | undefined;
  /** Paths of PEM files; by default its own certificate. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

/** The configuration with all defaults. */
export interface Settings extends EngineSettings {
  readonly listen: ListenSettings;
  readonly log: LogSettings;
  readonly running: RunningSettings;
  /** Address of the database with the state; undefined for the data folder. */
  readonly store: string | undefined;
  readonly users: readonly UserSettings[];
  /** The site's own identity provider; undefined for the stand-in. */
  readonly issuer: IssuerSettings | undefined;
  /** Users of that provider in the configuration. */
  readonly issuerUsers: readonly IssuerUser[];
}

const gib = 2 ** 30;

/** Memory sizes that are offered if the machine has enough, in GiB. */
const memorySizes = [
  1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 26, 28, 30, 32, 36, 40, 44, 48, 56, 64, 80, 92, 112, 128,
  140, 170, 192,
];

/** What is offered if the capacity is unknown; more only if configured. */
const usualMost = { cores: 128, memoryGiB: 1_024 };
const mostGpus = 16;

const automatic = <Value>(value: Value | 'auto' | undefined, otherwise: Value): Value =>
  value === undefined || value === 'auto' ? otherwise : value;

/** Sessions run as the owner of the platform, whatever their user is called. */
export const ownUid = (): number => process.getuid?.() ?? 1000;

/** Options of `startPlatform` that override the configuration. */
export interface SettingsOverrides {
  readonly strict?: boolean | undefined;
  readonly apiVersions?: readonly ApiVersion[] | undefined;
  readonly runner?: string | undefined;
  readonly store?: string | undefined;
}

/**
 * Fills in the defaults of a configuration, which depend on the machine.
 *
 * @param overrides - override the configuration
 */
export function settle(config: PlatformConfig, overrides: SettingsOverrides = {}): Settings {
  const cores = automatic(config.capacity?.cores, availableParallelism());
  const memoryGiB = automatic(
    config.capacity?.memoryGiB,
    Math.max(1, Math.floor(totalmem() / gib)),
  );
  const { lifetimes = {}, capacity: { perUser = {} } = {} } = config;
  return {
    limits: settleLimits(config.limits ?? {}, cores, memoryGiB),
    lifetimes: {
      interactiveSeconds: lifetimes.interactiveSeconds ?? 345_600,
      headlessSeconds: lifetimes.headlessSeconds ?? 1_209_600,
      keepInteractiveSeconds: lifetimes.keepInteractiveSeconds ?? 86_400,
      keepHeadlessSeconds: lifetimes.keepHeadlessSeconds ?? 3_600,
      stopGraceMs: lifetimes.stopGraceMs ?? 2_000,
    },
    capacity: { cores, memory: memoryGiB * gib },
    perUser: {
      cores: perUser.cores ?? Number.POSITIVE_INFINITY,
      memory: (perUser.memoryGiB ?? Number.POSITIVE_INFINITY) * gib,
      sessions: perUser.sessions ?? Number.POSITIVE_INFINITY,
    },
    log: settleLog(config),
    listen: {
      address: config.server?.address,
      url: config.server?.url,
      certificate: config.server?.certificate,
      key: config.server?.key,
    },
    server: {
      connections: config.server?.connections ?? 2_048,
      handshakeMs: config.server?.handshakeMs ?? 60_000,
      headMs: config.server?.headMs ?? 60_000,
      requestMs: config.server?.requestMs ?? 300_000,
      stallMs: config.server?.stallMs ?? 120_000,
    },
    oddities: settleOddities(config, overrides.strict),
    apiVersions: overrides.apiVersions ?? config.compatibility?.apiVersions ?? ['v1'],
    oldStats: config.compatibility?.stats === 'old',
    running: settleRunning(config, overrides.runner),
    store: overrides.store ?? config.store,
    storage: { homeBytes: Math.floor((config.storage?.homeGiB ?? 10) * gib) },
    users: (config.users ?? [{ name: 'guest' }]).map((user) => ({
      name: user.name,
      uid: user.uid ?? ownUid(),
      groups: (user.groups ?? []).filter((group) => typeof group === 'number'),
      groupNames: (user.groups ?? []).filter((group) => typeof group === 'string'),
      access: user.access ?? true,
      password: user.password,
    })),
    issuer: settleIssuer(config.identity?.oidc),
    issuerUsers: settleIssuerUsers(config),
    images: (config.images ?? defaultImages).map((image) => ({
      ...image,
      digest: image.digest ?? stableDigest(image.id),
    })),
  };
}

function settleIssuerUsers({ identity, users = [] }: PlatformConfig): IssuerUser[] {
  if (identity?.oidc === undefined) return [];
  return users.map(({ name, subject, uid, groups = [], access }) => ({
    name,
    subject,
    uid,
    groups: groups.filter((group) => typeof group === 'number'),
    groupNames: groups.filter((group) => typeof group === 'string'),
    access: access ?? true,
  }));
}

function settleIssuer(
  oidc: NonNullable<PlatformConfig['identity']>['oidc'],
): IssuerSettings | undefined {
  if (oidc === undefined) return undefined;
  const { claims = {} } = oidc;
  return {
    issuer: oidc.issuer,
    ca: oidc.ca,
    audience: oidc.audience === 'any' ? 'any' : [oidc.audience].flat(),
    algorithms: oidc.algorithms ?? ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA', 'Ed25519'],
    claims: {
      user: claims.user ?? 'preferred_username',
      uid: claims.uid,
      gid: claims.gid,
      groups: claims.groups ?? 'groups',
    },
    groupNumbers: oidc.groupNumbers ?? {},
    access: oidc.access ?? [],
    firstUid: oidc.firstUid ?? 100_000,
  };
}

/** What may be requested on a runner with bounds of its own, unless configured. */
export const limitsBy =
  ({ limits = {} }: Pick<PlatformConfig, 'limits'>): LimitsFor =>
  ({ cores, memory, gpus }) =>
    settleLimits(
      limits,
      Math.min(cores, usualMost.cores),
      Math.min(memory / gib, usualMost.memoryGiB),
      gpus,
    );

/** The settings of the log with all defaults. */
export const settleLog = ({ log = {} }: Pick<PlatformConfig, 'log'>): LogSettings => ({
  level: log.level ?? 'info',
  maxBytes: (log.maxMegabytes ?? 10) * 1024 * 1024,
  keep: log.keep ?? 3,
});

/** Two oddities have older settings of their own. */
function settleOddities(
  { compatibility = {}, limits = {} }: PlatformConfig,
  override: boolean | undefined,
): ReadonlySet<Oddity> {
  const { anonymousStatus } = compatibility;
  const strict = override ?? compatibility.strict ?? false;
  const all = strict === true ? oddityNames : [];
  const chosen = new Set<Oddity>(Array.isArray(strict) ? strict : all);
  const apart: [Oddity, boolean | undefined][] = [
    ['anonymous-400', anonymousStatus === undefined ? undefined : anonymousStatus === 400],
    ['limit-as-text', limits.maxInteractiveSessionsAsText],
  ];
  for (const [name, wanted] of apart) {
    if (wanted === true) chosen.add(name);
    if (wanted === false) chosen.delete(name);
  }
  return chosen;
}

function settleLimits(
  limits: NonNullable<PlatformConfig['limits']>,
  cores: number,
  memoryGiB: number,
  gpus = 0,
): Limits {
  const wholeCores = Math.max(1, Math.floor(cores));
  return {
    cores: settleQuantity(limits.cores ?? {}, {
      default: 1,
      defaultLimit: Math.min(8, wholeCores),
      options: Array.from({ length: Math.min(wholeCores, 256) }, (_, index) => index + 1),
      defaultRequest: Math.min(1, cores),
    }),
    memoryGiB: settleQuantity(limits.memoryGiB ?? {}, {
      default: 1,
      defaultLimit: Math.max(1, Math.min(32, Math.floor(memoryGiB))),
      options: memorySizes.filter((size) => size === 1 || size <= memoryGiB),
      defaultRequest: Math.min(1, memoryGiB),
    }),
    gpus: limits.gpus ?? Array.from({ length: Math.min(gpus, mostGpus) }, (_, index) => index + 1),
    maxInteractiveSessions: limits.maxInteractiveSessions ?? 5,
  };
}

type QuantityConfig = NonNullable<NonNullable<PlatformConfig['limits']>['cores']>;

function settleQuantity(config: QuantityConfig, otherwise: QuantityLimits): QuantityLimits {
  return {
    default: automatic(config.default, otherwise.default),
    defaultLimit: automatic(config.defaultLimit, otherwise.defaultLimit),
    options: automatic(config.options, [...otherwise.options]),
    defaultRequest: automatic(config.defaultRequest, otherwise.defaultRequest),
  };
}
