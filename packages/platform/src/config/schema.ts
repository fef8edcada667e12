import { logLevels } from '@skaha/base/logger.js';
import { oddityNames } from '@skaha/engine/oddities.js';
import { passwordHashPattern } from '@skaha/identity/passwords.js';
import { userNamePattern } from '@skaha/identity/user-names.js';
import { sessionKinds } from '@skaha/wire/kinds.js';
import type * as z from 'zod/mini';
import { absolute, running } from './running.js';
import { zod } from './zod.js';

// The schemas are created on demand, because the schema library is not loaded before.

/** Asymmetric signatures: anybody can verify them, only the issuer can create them. */
const signatureAlgorithms = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const),
  ...(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
];

/** Versions of the API that a platform can serve. */
export const apiVersions = ['v0', 'v1'] as const;

const positive = () => zod().number().check(zod().positive());
const between = (least: number, most: number) =>
  zod().int().check(zod().minimum(least), zod().maximum(most));
const whole = () => between(0, 1_000_000_000);
const count = () => between(1, 100_000);
const seconds = () => between(1, 1_000_000_000);
const milliseconds = () => between(1, 3_600_000);
const matching = (pattern: RegExp) => zod().string().check(zod().regex(pattern));
const orAuto = <Schema extends z.ZodMiniType>(schema: Schema) =>
  zod().union([schema, zod().literal('auto')]);
/** At least one. */
const some = <Schema extends z.ZodMiniType>(schema: Schema) =>
  zod().array(schema).check(zod().minLength(1));

const imagePattern = /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9._-]+)+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

const quantity = (z = zod()) =>
  z.strictObject({
    default: z.optional(orAuto(positive())),
    defaultRequest: z.optional(orAuto(positive())),
    defaultLimit: z.optional(orAuto(positive())),
    options: z.optional(orAuto(some(count()))),
  });

const user = (z = zod()) =>
  z.strictObject({
    name: matching(userNamePattern),
    /** The user's `sub` in tokens of the issuer in `identity.oidc`. */
    subject: z.optional(z.string().check(z.minLength(1), z.maxLength(255))),
    uid: z.optional(whole()),
    /** Numbers, or names for sharing files. */
    groups: z.optional(z.array(z.union([whole(), matching(/^[A-Za-z][A-Za-z0-9._-]{0,62}$/)]))),
    /** Whether this user belongs to the group that may use the platform. */
    access: z.optional(z.boolean()),
    /** A password hashed with `hashPassword`; one is generated if omitted. */
    password: z.optional(matching(passwordHashPattern)),
  });

const image = (z = zod()) =>
  z.strictObject({
    id: matching(imagePattern),
    types: z.array(z.string()),
    digest: z.optional(matching(/^sha256:[0-9a-f]{64}$/)),
    command: z.optional(some(z.string())),
    /** Commands for sessions of certain kinds. */
    commands: z.optional(z.partialRecord(z.enum(sessionKinds), some(z.string()))),
    /** Whether the command listens on the unix socket in `skaha_socket`, if set. */
    socket: z.optional(z.boolean()),
  });

/** A site's own identity provider, instead of the stand-in. */
const oidc = () => {
  const z = zod();
  const claim = matching(/^[!-~]{1,200}$/);
  const group = matching(/^[^\0]{1,255}$/);
  const audience = matching(/^[!#-[\]-~]{1,255}$/);
  return z.strictObject({
    issuer: matching(/^https:\/\/[\w.:/~-]{1,250}$/),
    /** Path of the authorities to trust (PEM), if the system does not trust them. */
    ca: z.optional(absolute()),
    /** Accepted audiences of tokens; `any` also accepts tokens for other services. */
    audience: z.union([audience, some(audience)]),
    algorithms: z.optional(some(z.enum(signatureAlgorithms))),
    /** Names of claims. */
    claims: z.optional(
      z.strictObject({
        user: z.optional(claim),
        uid: z.optional(claim),
        gid: z.optional(claim),
        groups: z.optional(claim),
      }),
    ),
    /** Numbers of groups, by their names at the issuer. */
    groupNumbers: z.optional(z.record(group, whole())),
    /** Users must be in one of these groups to use the platform. */
    access: z.optional(some(group)),
    /** The number of the first user without one from the issuer. */
    firstUid: z.optional(between(1_000, 2_000_000_000)),
  });
};

const limits = (z = zod()) =>
  z.strictObject({
    maxInteractiveSessions: z.optional(whole()),
    maxInteractiveSessionsAsText: z.optional(z.boolean()),
    cores: z.optional(quantity()),
    memoryGiB: z.optional(quantity()),
    gpus: z.optional(z.array(count())),
  });

const lifetimes = (z = zod()) =>
  z.strictObject({
    interactiveSeconds: z.optional(seconds()),
    headlessSeconds: z.optional(seconds()),
    keepInteractiveSeconds: z.optional(whole()),
    keepHeadlessSeconds: z.optional(whole()),
    stopGraceMs: z.optional(whole()),
  });

const capacity = (z = zod()) =>
  z.strictObject({
    cores: z.optional(orAuto(positive())),
    memoryGiB: z.optional(orAuto(positive())),
    /** What the running sessions of a user may use together. */
    perUser: z.optional(
      z.strictObject({
        cores: z.optional(positive()),
        memoryGiB: z.optional(positive()),
        sessions: z.optional(count()),
      }),
    ),
  });

const log = (z = zod()) =>
  z.strictObject({
    level: z.optional(z.enum(logLevels)),
    /** The size at which a new file is started, and how many old files are kept. */
    maxMegabytes: z.optional(count()),
    keep: z.optional(between(0, 100)),
  });

/** The address of the server, and limits for clients. */
const server = (z = zod()) =>
  z.strictObject({
    /** Address on which it listens; the loopback address by default. */
    address: z.optional(z.union([z.ipv4(), z.ipv6()])),
    /** Scheme, host and port as clients see them, for example behind a proxy. */
    url: z.optional(matching(/^https:\/\/[a-z0-9.-]+(?::\d{1,5})?$/)),
    /** Paths of a certificate with its chain and of its key (PEM). */
    certificate: z.optional(absolute()),
    key: z.optional(absolute()),
    connections: z.optional(count()),
    handshakeMs: z.optional(milliseconds()),
    headMs: z.optional(milliseconds()),
    requestMs: z.optional(milliseconds()),
    stallMs: z.optional(milliseconds()),
  });

const compatibility = (z = zod()) =>
  z.strictObject({
    /** The status for refused anonymous requests: 401, or 400 as in Skaha 1.4.0. */
    anonymousStatus: z.optional(z.union([z.literal(400), z.literal(401)])),
    /** Which oddities of the real server are reproduced: all, none, or these. */
    strict: z.optional(z.union([z.boolean(), z.array(z.enum(oddityNames))])),
    /** Versions of the API to serve. */
    apiVersions: z.optional(some(z.enum(apiVersions))),
    /** The form of `view=stats`: that of Skaha 1.1.5 and later, or the one before. */
    stats: z.optional(z.enum(['new', 'old'])),
  });

/** The configuration file of a platform. Everything is optional; unknown keys are refused. */
export const configSchema = () => {
  const z = zod();
  return z.strictObject({
    version: z.optional(z.literal(1)),
    limits: z.optional(limits()),
    lifetimes: z.optional(lifetimes()),
    capacity: z.optional(capacity()),
    log: z.optional(log()),
    server: z.optional(server()),
    compatibility: z.optional(compatibility()),
    /** The identity provider; the stand-in if omitted. */
    identity: z.optional(z.strictObject({ oidc: z.optional(oidc()) })),
    ...running(),
    /** The database for the state of the platform, instead of the data folder. */
    store: z.optional(matching(/^postgres(?:ql)?:\/\//)),
    storage: z.optional(
      z.strictObject({
        /** The quota of a home. */
        homeGiB: z.optional(positive()),
      }),
    ),
    users: z.optional(z.array(user())),
    images: z.optional(z.array(image())),
  });
};

/** The settings of a platform: the shape of `platform.yaml`. */
export type PlatformConfig = z.input<ReturnType<typeof configSchema>>;
