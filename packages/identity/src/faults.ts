import type { IdentityControls } from './controls.js';

type Section = 'oidc' | 'certificates' | 'registry' | 'capabilities';

/** Controls of a section, and the values that a fault gives them. */
type Setting = {
  readonly [Key in Section]: {
    readonly section: Key;
    readonly values: Partial<IdentityControls[Key]>;
  };
}[Section];

/** Faults of the identity services by name. */
const faults = {
  'oidc-down': { section: 'oidc', values: { down: true } },
  'short-tokens': { section: 'oidc', values: { accessTokenSeconds: 10 } },
  'no-refresh-tokens': { section: 'oidc', values: { refreshTokens: false } },
  'login-denied': {
    section: 'oidc',
    values: { polling: Array.from({ length: 100 }, () => 'access_denied' as const) },
  },
  'login-slow-down': {
    section: 'oidc',
    values: { polling: ['slow_down', 'slow_down', 'slow_down'] },
  },
  'short-certificates': { section: 'certificates', values: { lifetimeSeconds: 60 } },
  'future-certificates': { section: 'certificates', values: { notYetValid: true } },
  'foreign-certificates': { section: 'certificates', values: { otherAuthority: true } },
  'registry-missing': { section: 'registry', values: { missing: true } },
  'registry-empty': { section: 'registry', values: { empty: true } },
  'registry-slow': { section: 'registry', values: { delayMs: 20_000 } },
  'registry-hostile': {
    section: 'registry',
    values: {
      extraLines: [
        'ivo://hostile.example/skaha = http://169.254.169.254/skaha/capabilities',
        'ivo://__proto__/skaha = https://__proto__/skaha/capabilities',
        'no equals sign',
        'ivo://twice.example/skaha = https://a.example/skaha/capabilities = b',
      ],
    },
  },
  'capabilities-broken': { section: 'capabilities', values: { document: '<vosi:capabilities>' } },
  'tokens-only': { section: 'capabilities', values: { methods: ['token'] } },
  'certificates-only': { section: 'capabilities', values: { methods: ['tls-with-certificate'] } },
} as const satisfies Readonly<Record<string, Setting>>;

/**
 * Injects a fault.
 *
 * @returns a function that restores the previous settings
 */
export function applyIdentityFault(
  kind: keyof typeof faults,
  controls: IdentityControls,
): () => void {
  const { section, values } = faults[kind];
  const target = controls[section];
  const before = Object.fromEntries(
    Object.entries(target).filter(([key]) => Object.hasOwn(values, key)),
  );
  Object.assign(target, structuredClone(values));
  return () => void Object.assign(target, before);
}
