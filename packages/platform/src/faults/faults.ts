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

/** A misbehaviour to order from a platform, to see how a program takes it. */
export type Fault = FaultMatch &
  (
    | {
        /** The work is done; the connection breaks before the reply. */
        readonly kind: 'lost-response';
      }
    | {
        /** The connection breaks before any work is done. */
        readonly kind: 'drop-connection';
      }
    | {
        /** 503 with `Retry-After`, in seconds; 30 by default. */
        readonly kind: 'status-503';
        readonly retryAfterSeconds?: number | undefined;
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
        /** New and queued sessions stay Pending until the fault is lifted. */
        readonly kind: 'slow-queue';
      }
  );

/** Names of the faults. */
export type FaultKind = Fault['kind'];

/** Orders and lifts misbehaviours of a running platform. */
export interface FaultControl {
  /** What is in force. */
  readonly active: readonly Fault[];
  /**
   * Puts a fault in force.
   *
   * @returns a function that lifts it
   */
  inject(fault: Fault): () => void;
  /** Lifts all faults. */
  clear(): void;
}

interface Entry {
  readonly fault: Fault;
  seen: number;
  met: number;
}

/** The faults in force, and which request meets which. */
export class Faults implements FaultControl {
  #entries: readonly Entry[] = [];
  readonly #changed: () => void;

  /**
   * @param initial - in force from the start
   * @param changed - called after a fault was ordered or lifted
   */
  constructor(initial: readonly Fault[], changed: () => void) {
    this.#entries = initial.map((fault) => ({ fault, seen: 0, met: 0 }));
    this.#changed = changed;
  }

  get active(): readonly Fault[] {
    return this.#entries.map(({ fault }) => fault);
  }

  inject(fault: Fault): () => void {
    const entry: Entry = { fault, seen: 0, met: 0 };
    this.#entries = [...this.#entries, entry];
    this.#changed();
    return () => {
      this.#entries = this.#entries.filter((one) => one !== entry);
      this.#changed();
    };
  }

  clear(): void {
    this.#entries = [];
    this.#changed();
  }

  /** Why queued sessions are held back, if they are. */
  holdReason(): string | undefined {
    const held = this.#entries.some(({ fault }) => fault.kind === 'slow-queue');
    return held ? 'waiting for the queue (fault slow-queue)' : undefined;
  }

  /** The faults this request meets, and counts it. */
  meet(method: string, path: string): Fault[] {
    return this.#entries.filter((entry) => meets(entry, method, path)).map(({ fault }) => fault);
  }
}

function meets(entry: Entry, method: string, path: string): boolean {
  const { fault } = entry;
  if (fault.kind === 'slow-queue') return false;
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path !== undefined && !path.startsWith(fault.path)) return false;
  if (fault.kind === 'reject-create' && !isCreate(method, path)) return false;
  entry.seen += 1;
  if (entry.seen % (fault.every ?? 1) !== 0) return false;
  if (entry.met >= (fault.first ?? Number.POSITIVE_INFINITY)) return false;
  entry.met += 1;
  return true;
}

/** True for `POST /skaha/v1/session`. */
export const isCreate = (method: string, path: string): boolean =>
  method === 'POST' && path.split('?', 1)[0] === '/skaha/v1/session';
