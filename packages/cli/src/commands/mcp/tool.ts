import { randomUUID } from 'node:crypto';
import type { Clock } from '@skaha/base/clock.js';
import type { Io } from '@skaha/terminal/io.js';
import { PartialError, SkahaError } from 'skaha';
import type { input, output, ZodType } from 'zod';
import type { Deps } from '../../deps.js';
import { toSkahaError } from '../../output/report.js';
import type { McpServer } from './sdk.js';
import { documentWithoutSecrets, knownSecrets } from './secrets.js';

/** The members of a document. */
export type Shape = Readonly<Record<string, ZodType>>;

/** What a tool gets to work with in one call. */
export interface ToolCall {
  /** Its signal ends with the call, too. */
  readonly io: Io;
  readonly deps: Deps;
  /** The only folder of this machine that may be used. */
  readonly folder: string | undefined;
  /** Tells that the call goes on; nobody may listen. */
  tell(message: string): void;
  /** Leaves out of a text what may be secret, before it is cut. */
  clean(text: string): string;
  /**
   * Asks the person.
   *
   * @returns undefined when it was agreed to; else what to answer instead
   */
  confirm(question: Question): Promise<Confirmation | undefined>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  readonly output: Shape;
  /** What it may do: nothing but look, add something, or take something away. */
  readonly effect: 'adds' | 'looks' | 'removes';
  run(call: ToolCall, input: never): Promise<Readonly<Record<string, unknown>>>;
}

/** What a tool is given, as its schemas read it. */
export type InputOf<In extends Shape> = { [Key in keyof In]: output<In[Key]> };

/** Declares a tool: what it is given and what it answers follow from its schemas. */
export const defineTool = <In extends Shape, Out extends Shape>(
  tool: Omit<Tool, 'input' | 'output' | 'run'> & {
    input: In;
    output: Out;
    run(call: ToolCall, input: InputOf<In>): Promise<{ [Key in keyof Out]?: input<Out[Key]> }>;
  },
): Tool => tool;

/** An error for an assistant: what happened, its code, and the next step. */
function errorDocument(error: SkahaError) {
  const { code, message, hint } = error;
  const items =
    error instanceof PartialError
      ? error.failed.slice(0, 20).map(({ item, error: inner }) => {
          return { item, code: inner.code, message: inner.message };
        })
      : undefined;
  return { error: { code, message, hint, items } };
}

const text = (document: unknown) => [{ type: 'text' as const, text: JSON.stringify(document) }];

/** What all calls of a server share. */
export interface Surroundings {
  readonly io: Io;
  readonly deps: Deps;
  readonly folder: string | undefined;
  confirm(question: Question, signal: AbortSignal): Promise<Confirmation | undefined>;
}

export function register(server: McpServer, tool: Tool, around: Surroundings): void {
  const { io, deps, folder } = around;
  const { name, title, description, effect } = tool;
  const config = {
    ...{ title, description, inputSchema: tool.input, outputSchema: tool.output },
    annotations: {
      title,
      readOnlyHint: effect === 'looks',
      destructiveHint: effect === 'removes',
      idempotentHint: effect === 'looks',
      openWorldHint: true,
    },
  };
  server.registerTool(name, config, async (input: unknown, extra) => {
    const signal = AbortSignal.any([io.signal, extra.signal]);
    const known = await knownSecrets(io, deps);
    const token = extra._meta?.progressToken;
    let progress = 0;
    const call: ToolCall = {
      ...{ io: { ...io, signal }, deps, folder },
      tell: (words) => {
        if (token === undefined) return;
        progress += 1;
        const message = documentWithoutSecrets(words, known);
        const params = { progressToken: token, progress, message };
        // Who has gone away needs no word on the way.
        extra.sendNotification({ method: 'notifications/progress', params }).catch(() => {});
      },
      clean: (words) => documentWithoutSecrets(words, known),
      confirm: (question) => around.confirm(documentWithoutSecrets(question, known), signal),
    };
    try {
      const answer = await tool.run(call, input as never);
      const document = documentWithoutSecrets(JSON.parse(JSON.stringify(answer)), known);
      return { content: text(document), structuredContent: document };
    } catch (thrown) {
      const document = documentWithoutSecrets(errorDocument(toSkahaError(thrown)), known);
      return { content: text(document), isError: true };
    }
  });
}

/** A refusal before anything is asked. */
export const refused = (message: string, hint: string): SkahaError =>
  new SkahaError('request.invalid', message, { hint });

/** What a person is asked to agree to. */
export interface Question {
  /** One sentence. */
  readonly what: string;
  /** What would be done, item by item. */
  readonly preview: readonly string[];
  /** What an agreement holds for, and for nothing else. */
  readonly about: unknown;
  /** What came back from an earlier answer. */
  readonly token: string | undefined;
}

/** What a tool answers while it was not agreed to. */
export interface Confirmation {
  readonly status: 'confirmation_required' | 'declined';
  readonly message: string;
  readonly preview: string[];
  readonly confirm?: string | undefined;
}

const lifetime = 10 * 60_000;
/** A person reads and thinks for so long, in milliseconds. */
const patience = 10 * 60_000;
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
    this.#open.set(token, { about: JSON.stringify(about), until: this.#clock.now() + lifetime });
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
 * Makes what asks a person before something is changed: through the client where it can ask, else by
 * a preview and a token that must come back.
 */
export function confirmationOf(server: McpServer, clock: Pick<Clock, 'now'>) {
  const previews = new Previews(clock);
  return async (
    { what, preview, about, token }: Question,
    signal: AbortSignal,
  ): Promise<Confirmation | undefined> => {
    if (token !== undefined) {
      previews.take(token, about);
      return undefined;
    }
    const lines = [...preview];
    if (!asksPeople(server)) {
      const message = `${what} Nothing has been done yet. Show this preview to the person. Only after they have agreed, call the tool again with the same arguments and this 'confirm'.`;
      return {
        ...{ status: 'confirmation_required', message, preview: lines },
        confirm: previews.add(about),
      };
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
      { signal, timeout: patience },
    );
    if (answer.action === 'accept' && answer.content?.['agree'] === true) return undefined;
    const message = 'The person did not agree. Nothing was done.';
    return { status: 'declined', message, preview: lines };
  };
}
