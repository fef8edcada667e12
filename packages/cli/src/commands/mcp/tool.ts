import type { Io } from '@skaha/terminal/io.js';
import { PartialError, SkahaError } from 'skaha';
import type { input, output, ZodType } from 'zod';
import type { Deps } from '../../deps.js';
import { toSkahaError } from '../../output/report.js';
import type { Confirm, Confirmation, Question } from './confirm.js';
import { type McpServer, z } from './sdk.js';
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
  /** Reports to the client how far the call is, if it asked for that. */
  progress(message: string): void;
  /** Leaves out of a text what may be secret, before it is cut. */
  clean(text: string): string;
  /** Asks the person; see {@link Confirm}. */
  confirm(question: Question, token: string | undefined): Promise<Confirmation | undefined>;
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

/** What a change answers once it was made: one sentence, and what else its tool declares. */
type ChangeResult<Out extends Shape> = { message: string } & {
  [Key in keyof Out]?: input<Out[Key]>;
};

/** Makes a change if the person agrees to it. */
type Ask = <Done>(question: Question, change: () => Promise<Done>) => Promise<Done | Confirmation>;

/** Declares a tool that changes something, which it does through `ask`. */
export const defineChange = <In extends Shape, Out extends Shape>({
  run,
  ...tool
}: Omit<Tool, 'effect' | 'input' | 'output' | 'run'> & {
  effect: 'adds' | 'removes';
  input: In;
  output: Out;
  run(call: ToolCall, input: InputOf<In>, ask: Ask): Promise<ChangeResult<Out> | Confirmation>;
}): Tool => ({
  ...tool,
  input: { ...tool.input, confirm: confirmInput },
  output: { ...statusOutput, ...tool.output },
  run: async (call, { confirm: token, ...given }: InputOf<In> & { confirm?: string }) => {
    const ask: Ask = async (question, change) => {
      const refusal = await call.confirm(question, token);
      return refusal ?? (await change());
    };
    // A refusal has a status of its own.
    return { status: 'done', ...(await run(call, given as InputOf<In>, ask)) };
  },
});

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
export interface ServerContext {
  readonly io: Io;
  readonly deps: Deps;
  readonly folder: string | undefined;
  readonly confirm: Confirm;
}

export function register(server: McpServer, tool: Tool, context: ServerContext): void {
  const { io, deps, folder } = context;
  const { name, title, description, effect } = tool;
  const config = {
    title,
    description,
    inputSchema: tool.input,
    outputSchema: tool.output,
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
      io: { ...io, signal },
      deps,
      folder,
      progress: (words) => {
        if (token === undefined) return;
        progress += 1;
        const message = documentWithoutSecrets(words, known);
        const params = { progressToken: token, progress, message };
        // Who has gone away needs no word on the way.
        extra.sendNotification({ method: 'notifications/progress', params }).catch(() => {});
      },
      clean: (words) => documentWithoutSecrets(words, known),
      confirm: (question, confirmToken) =>
        context.confirm(documentWithoutSecrets(question, known), confirmToken, signal),
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
