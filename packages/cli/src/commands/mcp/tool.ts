import type { Io } from '@skaha/terminal/io.js';
import { PartialError, SkahaError } from 'skaha';
import type { input, output, ZodType } from 'zod';
import type { Deps } from '../../deps.js';
import { toSkahaError } from '../../output/report.js';
import type { Confirmation, Question } from './confirmation.js';
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

/** Something that an assistant can do. */
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

/** Declares a tool: what it is given and what it answers follow from its schemas. */
export const defineTool = <In extends Shape, Out extends Shape>(
  tool: Omit<Tool, 'input' | 'output' | 'run'> & {
    input: In;
    output: Out;
    run(
      call: ToolCall,
      input: { [Key in keyof In]: output<In[Key]> },
    ): Promise<{ [Key in keyof Out]?: input<Out[Key]> }>;
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

/** Offers a tool to whoever is connected. */
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
