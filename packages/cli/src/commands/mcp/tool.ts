import { randomUUID } from 'node:crypto';
import type { Clock } from '@skaha/base/clock.js';
import type { Io } from '@skaha/terminal/io.js';
import { SkahaError } from 'skaha';
import type { input, output, ZodType } from 'zod';
import type { Deps } from '../../environment/deps.js';
import { type McpServer, z } from './sdk.js';

/** The members of a document. */
export type Shape = Readonly<Record<string, ZodType>>;

/** What a tool gets to work with in one call. */
export interface ToolCall {
  /** Its signal ends with the call, too. */
  readonly io: Io;
  readonly deps: Deps;
  /** Reports to the client how far the call is, if it asked for that. */
  progress(message: string): void;
  /** Leaves out of a text what may be secret, before it is cut. */
  clean(text: string): string;
  /** Makes a change if the person agrees to it. */
  ask<Done>(question: Question, change: () => Promise<Done>): Promise<Done | Confirmation>;
}

export interface Tool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Shape;
  readonly output: Shape;
  /** What it does when the person has agreed; undefined when it only looks. */
  readonly effect?: 'adds' | 'removes';
  run(call: ToolCall, input: never): Promise<object>;
}

/** What a tool is given, as its schemas read it. */
export type InputOf<In extends Shape> = { [Key in keyof In]: output<In[Key]> };

type OutputOf<Out extends Shape> = { [Key in keyof Out]?: input<Out[Key]> };

const confirmInput = z
  .string()
  .max(100)
  .optional()
  .describe(
    "Only what an earlier answer gave as 'confirm', with the same arguments, after the person has agreed",
  );

/** What every tool that changes something answers. */
const statusOutput = {
  status: z.enum(['done', 'confirmation_required', 'declined']),
  message: z.string(),
  preview: z.array(z.string()).optional(),
  confirm: z.string().optional(),
};

/**
 * Declares a tool: what it is given and what it answers follow from its schemas. One with an effect
 * makes its change through `ask`, and answers a message, too.
 */
export const defineTool = <In extends Shape, Out extends Shape>(
  tool: Omit<Tool, 'input' | 'output' | 'run'> & {
    input: In;
    output: Out;
    run(call: ToolCall, input: InputOf<In>): Promise<OutputOf<Out> | Confirmation>;
  },
): Tool =>
  tool.effect === undefined
    ? tool
    : {
        ...tool,
        input: { ...tool.input, confirm: confirmInput },
        output: { ...statusOutput, ...tool.output },
      };

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
}

/** What a tool answers while it was not agreed to. */
export interface Confirmation {
  readonly status: 'confirmation_required' | 'declined';
  readonly message: string;
  readonly preview: readonly string[];
  readonly confirm?: string | undefined;
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

/** How long a person may take to read and decide, in milliseconds. */
const decisionMs = 10 * 60_000;
const mostOpen = 100;

/** A client that says no more than that it can ask can show a form; one may also know links alone. */
function asksPeople(server: McpServer): boolean {
  const asking = server.server.getClientCapabilities()?.elicitation;
  return asking !== undefined && (asking.form !== undefined || asking.url === undefined);
}

/**
 * Makes what asks a person before something is changed: through the client where it can ask, else by
 * a preview and a token that must come back. Each token is good once, for what it was shown with.
 */
export function confirmationOf(server: McpServer, clock: Pick<Clock, 'now'>): Confirm {
  const open = new Map<string, { wanted: string; until: number }>();
  return async ({ what, preview, about }, token, signal) => {
    const wanted = JSON.stringify(about);
    if (token !== undefined) {
      const shown = open.get(token);
      open.delete(token);
      if (shown?.wanted === wanted && shown.until > clock.now()) return undefined;
      throw refused(
        'This confirmation is not valid: it is unknown, already used, too old, or was given for something else.',
        "Call the tool again without 'confirm', and show the new preview to the person.",
      );
    }
    if (!asksPeople(server)) {
      const [oldest] = open.keys();
      if (open.size >= mostOpen && oldest !== undefined) open.delete(oldest);
      const confirm = randomUUID();
      open.set(confirm, { wanted, until: clock.now() + decisionMs });
      const message = `${what} Nothing has been done yet. Show this preview to the person. Only after they have agreed, call the tool again with the same arguments and this 'confirm'.`;
      return { status: 'confirmation_required', message, preview, confirm };
    }
    const answer = await server.server.elicitInput(
      {
        message: [what, ...preview.map((line) => `  ${line}`)].join('\n'),
        requestedSchema: {
          type: 'object',
          properties: { agree: { type: 'boolean', title: what, default: false } },
          required: ['agree'],
        },
      },
      { signal, timeout: decisionMs },
    );
    if (answer.action === 'accept' && answer.content?.['agree'] === true) return undefined;
    const message = 'The person did not agree. Nothing was done.';
    return { status: 'declined', message, preview };
  };
}
