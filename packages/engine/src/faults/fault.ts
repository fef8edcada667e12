/** Which requests a fault meets; all of them when nothing is said. */
export interface FaultMatch {
  readonly method?: string | undefined;
  /** Beginning of the path, query included, for example `/skaha/v1/session`. */
  readonly path?: string | undefined;
  /** Only every n-th matching request: with 5 the fifth, the tenth, … */
  readonly every?: number | undefined;
  /** Only the first n matching requests (counted after `every`). */
  readonly first?: number | undefined;
}

/** Faults that have nothing to set but which requests they meet. */
export type PlainFaultKind =
  /** The work is done; the connection breaks before the reply. */
  | 'lost-response'
  /** The connection breaks before any work is done. */
  | 'drop-connection'
  /** The connection breaks in the middle of the reply. */
  | 'cut-response'
  /** The work is done; a page of somebody else comes in place of the reply, with status 200. */
  | 'garbled-response'
  /** 500 in the words of a server that met an exception. */
  | 'server-error'
  /** Bearer tokens are taken for expired. */
  | 'expired-token'
  /** Client certificates are taken for expired. */
  | 'expired-certificate'
  /** Nobody belongs to the group that may use the platform. */
  | 'not-authorized'
  /** Nobody has a POSIX account. */
  | 'no-posix-account'
  /** Headless sessions are refused, as to users without batch access on servers before 1.4. */
  | 'no-headless'
  /** Statistics are unavailable: 503. */
  | 'metrics-down';

/** Misbehaviours of the identity services, which they carry out themselves. */
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

/** Names of the misbehaviours of the identity services. */
export type IdentityFaultKind = (typeof identityFaultKinds)[number];

/** True for the name of one of them. */
export const isIdentityFault = (kind: string): kind is IdentityFaultKind =>
  identityFaultKinds.some((name) => name === kind);

/** A misbehaviour to order from a platform, to see how a program takes it. */
export type Fault = FaultMatch &
  (
    | { readonly kind: PlainFaultKind }
    | {
        /** 503 with `Retry-After`, in seconds; 30 by default. */
        readonly kind: 'status-503';
        readonly retryAfterSeconds?: number | undefined;
      }
    | {
        /** As `status-503`, for five requests (`first`) and with one second to wait. */
        readonly kind: '503-burst';
        readonly retryAfterSeconds?: number | undefined;
      }
    | {
        /** The page of a gateway that does not reach the platform: 502, or another status. */
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
        /** The platform's clock is this much ahead, or behind; ten minutes ahead by default. */
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

/** The fault of this kind among those that a request met. */
export function faultOf<Kind extends FaultKind>(
  met: readonly Fault[],
  kind: Kind,
): Extract<Fault, { readonly kind: Kind }> | undefined {
  return met.find((fault): fault is Extract<Fault, { readonly kind: Kind }> => fault.kind === kind);
}

/** How far the platform's clock is off for a request, in milliseconds. */
export const skewOf = (met: readonly Fault[]): number => {
  const fault = met.find(({ kind }) => kind === 'clock-skew');
  return fault?.kind === 'clock-skew' ? (fault.skewMs ?? 600_000) : 0;
};

/** True for `POST /skaha/v1/session`. */
export const isCreate = (method: string, path: string): boolean =>
  method === 'POST' && /^\/skaha\/v[01]\/session(?:\?|$)/.test(path);
