/** The reply to the next poll of a device login, whatever its real state. */
export type PollingOutcome =
  | 'authorization_pending'
  | 'slow_down'
  | 'access_denied'
  | 'expired_token'
  | 'server_error'
  | 'closed_connection';

/** How the OIDC provider behaves. */
export interface OidcControls {
  /** Lifetime of an access token, in seconds. @default 3600 */
  accessTokenSeconds: number;
  /** Lifetime of a refresh token, in seconds. @default 2592000 */
  refreshTokenSeconds: number;
  /** Lifetime of a device code, in seconds. @default 600 */
  deviceCodeSeconds: number;
  /** The interval for polls in the reply, in seconds; undefined for none. @default 1 */
  interval: number | undefined;
  /** Whether a link that contains the user code is offered. @default true */
  completeLink: boolean;
  /** Whether logins get a refresh token. @default true */
  refreshTokens: boolean;
  /** Whether each use of a refresh token replaces it, and using an old one ends the login. @default true */
  rotation: boolean;
  /** Whether token responses say when the access token expires. @default true */
  tellExpiry: boolean;
  /** Replies to the next polls, in order; real ones follow. @default [] */
  polling: PollingOutcome[];
  /** Members to set in the metadata document; undefined removes one. @default {} */
  metadata: Record<string, unknown>;
  /** Every endpoint of the provider answers 503. @default false */
  down: boolean;
}

/** How the credential service issues certificates. */
export interface CertificateControls {
  /** Lifetime of the next certificates, in seconds, whatever was requested. */
  lifetimeSeconds: number | undefined;
  /** Certificates begin to be valid a day from now. @default false */
  notYetValid: boolean;
  /** Certificates come from an authority that the platform does not know. @default false */
  otherAuthority: boolean;
}

/** How the registry answers. */
export interface RegistryControls {
  /** Lines added after the real ones, such as development, dead, duplicate or hostile entries. */
  extraLines: string[];
  /** Answers 404, like a registry without a document. @default false */
  missing: boolean;
  /** Answers only comments. @default false */
  empty: boolean;
  /** Pause before the answer, in milliseconds. @default 0 */
  delayMs: number;
  /** The document is padded with comments to this size, in bytes. @default 0 */
  paddedBytes: number;
}

/** How the platform describes itself. */
export interface CapabilitiesControls {
  /** Security methods that are offered, without their common prefix. @default all three */
  methods: string[];
  /** Scheme, host and port in the document, instead of the platform's own. */
  origin: string | undefined;
  /** Sent instead of the document, well-formed or not. */
  document: string | undefined;
}

/** Faults of the identity services, for tests and for the curious; change them at any time. */
export interface IdentityControls {
  readonly oidc: OidcControls;
  readonly certificates: CertificateControls;
  readonly registry: RegistryControls;
  readonly capabilities: CapabilitiesControls;
  /** Resets everything to normal behaviour. */
  reset(): void;
}

const wellBehaved = (): Omit<IdentityControls, 'reset'> => ({
  oidc: {
    accessTokenSeconds: 3600,
    refreshTokenSeconds: 2_592_000,
    deviceCodeSeconds: 600,
    interval: 1,
    completeLink: true,
    refreshTokens: true,
    rotation: true,
    tellExpiry: true,
    polling: [],
    metadata: {},
    down: false,
  },
  certificates: { lifetimeSeconds: undefined, notYetValid: false, otherAuthority: false },
  registry: { extraLines: [], missing: false, empty: false, delayMs: 0, paddedBytes: 0 },
  capabilities: {
    methods: ['cookie', 'tls-with-certificate', 'token'],
    origin: undefined,
    document: undefined,
  },
});

/** Controls with normal behaviour. */
export function createControls(): IdentityControls {
  const controls = wellBehaved();
  return {
    ...controls,
    reset: () => {
      const { oidc, certificates, registry, capabilities } = wellBehaved();
      Object.assign(controls.oidc, oidc);
      Object.assign(controls.certificates, certificates);
      Object.assign(controls.registry, registry);
      Object.assign(controls.capabilities, capabilities);
    },
  };
}
