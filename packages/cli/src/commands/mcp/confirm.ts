import { randomUUID } from 'node:crypto';
import type { Clock } from '@skaha/base/clock.js';
import { SkahaError } from 'skaha';
import type { McpServer } from './sdk.js';

/** What a person is asked to agree to. */
export interface Question {
  /** One sentence. */
  readonly what: string;
  /** What would be done, item by item. */
  readonly preview: readonly string[];
  /** What an agreement holds for, and for nothing else. */
  readonly about: unknown;
}

/** What a tool answers while it was not agreed to. */
export interface Confirmation {
  readonly status: 'confirmation_required' | 'declined';
  readonly message: string;
  readonly preview: string[];
  readonly confirm?: string | undefined;
}

/** How long a person may take to read and decide, in milliseconds. */
const patienceMs = 10 * 60_000;
const mostOpen = 100;

/** Previews that were shown and not yet agreed to. Each token is good once, for what it was shown with. */
class Previews {
  readonly #open = new Map<string, { about: string; until: number }>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  add(about: unknown): string {
    const token = randomUUID();
    const [oldest] = this.#open.keys();
    if (this.#open.size >= mostOpen && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(token, { about: JSON.stringify(about), until: this.#clock.now() + patienceMs });
    return token;
  }

  /** @throws {SkahaError} request.invalid for a token that is not good for this */
  take(token: string, about: unknown): void {
    const known = this.#open.get(token);
    this.#open.delete(token);
    const isGood =
      known !== undefined &&
      known.about === JSON.stringify(about) &&
      known.until > this.#clock.now();
    if (isGood) return;
    throw new SkahaError(
      'request.invalid',
      'This confirmation is not valid: it is unknown, already used, too old, or was given for something else.',
      { hint: "Call the tool again without 'confirm', and show the new preview to the person." },
    );
  }
}

/** A client that says no more than that it can ask can show a form; one may also know links alone. */
function asksPeople(server: McpServer): boolean {
  const asking = server.server.getClientCapabilities()?.elicitation;
  return asking !== undefined && (asking.form !== undefined || asking.url === undefined);
}

/**
 * Asks a person.
 *
 * @param token - what came back from an earlier answer
 * @returns undefined when it was agreed to; else what to answer instead
 */
export type Confirm = (
  question: Question,
  token: string | undefined,
  signal: AbortSignal,
) => Promise<Confirmation | undefined>;

/**
 * Makes what asks a person before something is changed: through the client where it can ask, else by
 * a preview and a token that must come back.
 */
export function confirmationOf(server: McpServer, clock: Pick<Clock, 'now'>): Confirm {
  const previews = new Previews(clock);
  return async ({ what, preview, about }, token, signal) => {
    if (token !== undefined) {
      previews.take(token, about);
      return undefined;
    }
    const lines = [...preview];
    if (!asksPeople(server)) {
      const message = `${what} Nothing has been done yet. Show this preview to the person. Only after they have agreed, call the tool again with the same arguments and this 'confirm'.`;
      const confirm = previews.add(about);
      return { status: 'confirmation_required', message, preview: lines, confirm };
    }
    const answer = await server.server.elicitInput(
      {
        message: [what, ...lines.map((line) => `  ${line}`)].join('\n'),
        requestedSchema: {
          type: 'object',
          properties: { agree: { type: 'boolean', title: what, default: false } },
          required: ['agree'],
        },
      },
      { signal, timeout: patienceMs },
    );
    if (answer.action === 'accept' && answer.content?.['agree'] === true) return undefined;
    const message = 'The person did not agree. Nothing was done.';
    return { status: 'declined', message, preview: lines };
  };
}
