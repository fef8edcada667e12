import * as z from 'zod/mini';

const text = z.string();
const optionalText = z.optional(text);

/**
 * A session as `GET /session` sends it, fields in the order of emission. Fields without a value
 * are left out, never `null` (Skaha API 1.4, session object).
 */
export const sessionWireSchema = z.looseObject({
  /** 8 characters; for a desktop app, the id of its desktop. */
  id: text,
  userid: optionalText,
  runAsUID: optionalText,
  runAsGID: optionalText,
  supplementalGroups: z.optional(z.array(z.number())),
  /** Desktop apps only. */
  appid: optionalText,
  image: optionalText,
  type: optionalText,
  status: optionalText,
  name: optionalText,
  /** UTC; the seconds are left out when they are zero. Absent until the job started. */
  startTime: optionalText,
  expiryTime: optionalText,
  /** Empty for headless sessions and desktop apps. */
  connectURL: optionalText,
  /** Decimal gigabytes with two decimals and no unit; only with fixed resources. */
  requestedRAM: optionalText,
  requestedCPUCores: optionalText,
  requestedGPUCores: optionalText,
  /** Decimal gigabytes. */
  ramInUse: optionalText,
  gpuRAMInUse: optionalText,
  /** May carry a suffix: `m`, `u` or `n`. */
  cpuCoresInUse: optionalText,
  gpuUtilization: optionalText,
  isFixedResources: z.optional(z.boolean()),
});

/** A session as `GET /session` sends it. */
export type SessionWire = z.infer<typeof sessionWireSchema>;

/** An image as `GET /image` sends it. */
export const imageWireSchema = z.looseObject({
  /** Full reference with registry host and tag. */
  id: text,
  types: z.array(text),
  digest: text,
});

/** An image as `GET /image` sends it. */
export type ImageWire = z.infer<typeof imageWireSchema>;

const quantity = z.looseObject({
  default: z.number(),
  /** What a session with flexible resources is promised. */
  defaultRequest: z.number(),
  /** What a session with flexible resources may use at most. */
  defaultLimit: z.number(),
  /** The values a session with fixed resources may ask for. */
  options: z.array(z.number()),
});

/** What may be requested: the reply of `GET /context`. Memory is in GiB despite its name. */
export const resourcesWireSchema = z.looseObject({
  cores: quantity,
  gpus: z.looseObject({ options: z.array(z.number()) }),
  memoryGB: quantity,
  /** A number, or the number as text; absent on old servers. */
  maxInteractiveSessions: z.optional(z.union([z.number(), text])),
});

/** What may be requested: the reply of `GET /context`. */
export type ResourcesWire = z.infer<typeof resourcesWireSchema>;

/** Platform load: the reply of `GET /session?view=stats` since Skaha 1.1.5. */
export const statsWireSchema = z.looseObject({
  cores: z.looseObject({
    requestedCPUCores: z.number(),
    /** Total capacity, not what is free. */
    cpuCoresAvailable: z.number(),
    maxCPUCores: z.optional(z.looseObject({ cpuCores: z.number(), withRam: text })),
  }),
  ram: z.looseObject({
    requestedRAM: text,
    ramAvailable: text,
    maxRAM: z.optional(z.looseObject({ ram: text, withCPUCores: z.number() })),
  }),
});

/** Platform load: the reply of `GET /session?view=stats`. */
export type StatsWire = z.infer<typeof statsWireSchema>;
