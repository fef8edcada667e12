import type { IncomingMessage } from 'node:http';
import { type EventRow, eventRow } from '../sessions/event-table.js';
import type { SessionRecord } from '../sessions/record.js';
import {
  type Fault,
  type FaultKind,
  type IdentityFaultKind,
  isCreate,
  isIdentityFault,
} from './fault.js';
import { parseFault } from './parse-fault.js';

/** Injects faults into a running platform, and clears them. */
export interface FaultControl {
  /** The active faults. */
  readonly active: readonly Fault[];
  /**
   * Injects a fault.
   *
   * @param fault - the fault, or its text such as `slow,delayMs=500,path=/skaha/v1/session`
   * @returns a function that clears it
   * @throws {PlatformError} `config.invalid` if the text is not a fault
   */
  inject(fault: Fault | string): () => void;
  /**
   * Clears faults.
   *
   * @param kind - only those with this name; all by default
   */
  clear(kind?: FaultKind): void;
}

interface Entry {
  readonly fault: Fault;
  seen: number;
  met: number;
  /** Reverts what the fault changed. */
  readonly undo?: (() => void) | undefined;
}

/** What faults act on. */
export interface FaultTargets {
  /** Injects a fault of the identity services; returns a function that clears it. */
  identity(kind: IdentityFaultKind): () => void;
  /** Called after a fault was injected or cleared. */
  changed(): void;
}

const none: readonly Fault[] = [];

/** The active faults, and which requests they affect. */
export class Faults implements FaultControl {
  #entries: readonly Entry[] = [];
  readonly #targets: FaultTargets;
  readonly #met = new WeakMap<IncomingMessage, readonly Fault[]>();

  /** @param initial - active from the start */
  constructor(initial: readonly (Fault | string)[], targets: FaultTargets) {
    this.#targets = targets;
    this.#entries = initial.map((fault) => this.#entry(fault));
  }

  get active(): readonly Fault[] {
    return this.#entries.map(({ fault }) => fault);
  }

  inject(fault: Fault | string): () => void {
    const entry = this.#entry(fault);
    this.#entries = [...this.#entries, entry];
    this.#targets.changed();
    return () => this.#lift((one) => one === entry);
  }

  clear(kind?: FaultKind): void {
    this.#lift(({ fault }) => kind === undefined || fault.kind === kind);
  }

  /** Whether a fault of this kind is active, whatever requests it affects. */
  has(kind: FaultKind): boolean {
    return this.#entries.some(({ fault }) => fault.kind === kind);
  }

  /** Finds the faults that affect a request, counts it, and remembers them for {@link of}. */
  meet(request: IncomingMessage): readonly Fault[] {
    const { method = 'GET', url = '/' } = request;
    const met = this.#entries
      .filter((entry) => meets(entry, method, url))
      .map(({ fault }) => fault);
    this.#met.set(request, met);
    return met;
  }

  /** The faults that affect a request. */
  of(request: IncomingMessage): readonly Fault[] {
    return this.#met.get(request) ?? none;
  }

  #entry(given: Fault | string): Entry {
    const fault = typeof given === 'string' ? parseFault(given) : given;
    const { kind } = fault;
    const undo = isIdentityFault(kind) ? this.#targets.identity(kind) : undefined;
    return { fault, seen: 0, met: 0, undo };
  }

  #lift(isMeant: (entry: Entry) => boolean): void {
    // In reverse order, so that each restores what it found.
    for (const entry of [...this.#entries].reverse()) if (isMeant(entry)) entry.undo?.();
    this.#entries = this.#entries.filter((entry) => !isMeant(entry));
    this.#targets.changed();
  }
}

/** Some faults affect only certain requests, whatever `path` says. */
function concerns(kind: FaultKind, method: string, path: string): boolean {
  if (kind === 'reject-create' || kind === 'no-headless') return isCreate(method, path);
  if (kind === 'metrics-down') return /[?&]view=stats(?:&|$)/i.test(path);
  return kind !== 'slow-queue' && kind !== 'pull-failed' && !isIdentityFault(kind);
}

function meets(entry: Entry, method: string, path: string): boolean {
  const { fault } = entry;
  if (!concerns(fault.kind, method, path)) return false;
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path !== undefined && !path.startsWith(fault.path)) return false;
  entry.seen += 1;
  if (entry.seen % (fault.every ?? 1) !== 0) return false;
  if (entry.met >= (fault.first ?? (fault.kind === '503-burst' ? 5 : Number.POSITIVE_INFINITY))) {
    return false;
  }
  entry.met += 1;
  return true;
}

/** A reason to hold back queued sessions although there is room for them. */
export interface Hold {
  /** What it adds to the events of a session. */
  notes(record: SessionRecord, at: number): EventRow[];
}

const slowQueue: Hold = {
  notes: (_record, at) => [
    {
      level: 'Warning',
      reason: 'FailedScheduling',
      message: '0/1 nodes are available: waiting for the queue (fault slow-queue)',
      first: at,
      last: at,
    },
  ],
};

/** As on a cluster: the session is scheduled, but its container is never created. */
const pullFailed: Hold = {
  notes: ({ image }, at) => [
    { level: 'Normal', reason: 'Scheduled', message: 'Successfully assigned to this machine' },
    eventRow('Normal', 'Pulling', `Pulling image "${image}"`, at),
    eventRow(
      'Warning',
      'Failed',
      `Failed to pull image "${image}": not found (fault pull-failed)`,
      at,
    ),
    eventRow('Normal', 'BackOff', `Back-off pulling image "${image}": ImagePullBackOff`, at),
  ],
};

/** The reason that the active faults give to hold sessions back, if any. */
export function holdOf(faults: Faults): Hold | undefined {
  if (faults.has('slow-queue')) return slowQueue;
  return faults.has('pull-failed') ? pullFailed : undefined;
}
