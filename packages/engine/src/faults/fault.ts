/** Which requests a fault affects; all requests by default. */
export interface FaultMatch {
  readonly method?: string | undefined;
  /** Beginning of the path including the query, for example `/skaha/v1/session`. */
  readonly path?: string | undefined;
  /** Only every n-th matching request: with 5 the fifth, the tenth, … */
  readonly every?: number | undefined;
  /** Only the first n matching requests (counted after `every`). */
  readonly first?: number | undefined;
}

/** Faults without settings of their own. */
export type PlainFaultKind =
  /** The work is done; the connection breaks before the reply. */
  | 'lost-response'
  /** The connection breaks before any work is done. */
  | 'drop-connection'
  /** The connection breaks in the middle of the reply. */
  | 'cut-response'
  /** The work is done; a foreign page with status 200 replaces the reply. */
  | 'garbled-response'
  /** 500, worded like a server that hit an exception. */
  | 'server-error'
  /** Bearer tokens are treated as expired. */
  | 'expired-token'
  /** Client certificates are treated as expired. */
  | 'expired-certificate'
  /** Nobody belongs to the group that may use the platform. */
  | 'not-authorized'
  /** Nobody has a POSIX account. */
  | 'no-posix-account'
  /** Headless sessions are refused, as to users without batch access on servers before 1.4. */
  | 'no-headless'
  /** Statistics are unavailable: 503. */
  | 'metrics-down';

/** Faults of the identity services, which implement them. */
export const identityFaultKinds = [
  'oidc-down',
  'short-tokens',
  'no-refresh-tokens',
  'login-denied',
  'login-slow-down',
  'short-certificates',
  'future-certificates',
  'foreign-certificates',
  'registry-missing',
  'registry-empty',
  'registry-slow',
  'registry-hostile',
  'capabilities-broken',
  'tokens-only',
  'certificates-only',
] as const;

/** Names of the faults of the identity services. */
export type IdentityFaultKind = (typeof identityFaultKinds)[number];

/** Whether a name is one of these. */
export const isIdentityFault = (kind: string): kind is IdentityFaultKind =>
  identityFaultKinds.some((name) => name === kind);

/** A deliberate misbehaviour of the platform, to test how a program reacts. */
export type Fault = FaultMatch &
  (
    | { readonly kind: PlainFaultKind }
    | {
        /** 503 with `Retry-After`, in seconds; 30 by default. */
        readonly kind: 'status-503';
        readonly retryAfterSeconds?: number | undefined;
      }
    | {
        /** Like `status-503`, for five requests (`first`) and with `Retry-After: 1`. */
        readonly kind: '503-burst';
        readonly retryAfterSeconds?: number | undefined;
      }
    | {
        /** The page of a gateway that cannot reach the platform: 502, or another status. */
        readonly kind: 'bad-gateway';
        readonly status?: number | undefined;
      }
    | {
        /** The request is served after this many milliseconds. */
        readonly kind: 'slow';
        readonly delayMs: number;
      }
    | {
        /** A create request is refused with 400 and this text. */
        readonly kind: 'reject-create';
        readonly message?: string | undefined;
      }
    | {
        /** The clock is ahead by this much, behind if negative; ten minutes by default. */
        readonly kind: 'clock-skew';
        readonly skewMs?: number | undefined;
      }
    | {
        /** New and queued sessions stay Pending until the fault is lifted. */
        readonly kind: 'slow-queue';
      }
    | {
        /** Images of new and queued sessions cannot be pulled until the fault is lifted. */
        readonly kind: 'pull-failed';
      }
    | { readonly kind: IdentityFaultKind }
  );

/** Names of the faults. */
export type FaultKind = Fault['kind'];

/** The fault of this kind among those that affect a request. */
export function faultOf<Kind extends FaultKind>(
  met: readonly Fault[],
  kind: Kind,
): Extract<Fault, { readonly kind: Kind }> | undefined {
  return met.find((fault): fault is Extract<Fault, { readonly kind: Kind }> => fault.kind === kind);
}

/** How far the platform's clock is ahead for a request, in milliseconds. */
export const skewOf = (met: readonly Fault[]): number => {
  const fault = met.find(({ kind }) => kind === 'clock-skew');
  return fault?.kind === 'clock-skew' ? (fault.skewMs ?? 600_000) : 0;
};

/** True for `POST /skaha/v1/session`. */
export const isCreate = (method: string, path: string): boolean =>
  method === 'POST' && /^\/skaha\/v[01]\/session(?:\?|$)/.test(path);
