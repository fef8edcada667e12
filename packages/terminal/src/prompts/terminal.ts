import * as clack from '@clack/prompts';
import { plain } from '../output/text.js';
import { UsageError } from '../usage.js';
import type { Option, Prompts } from './types.js';

/** Where questions are asked. */
export interface PromptStreams {
  input: NodeJS.ReadStream;
  /** Standard error, because standard output is for data. */
  output: NodeJS.WriteStream;
  /** Whether lines once written must stay, because the terminal cannot go back. */
  accessible: boolean;
}

function answer(value: string | symbol, signal: AbortSignal): string {
  signal.throwIfAborted();
  if (typeof value !== 'symbol') return value;
  throw new UsageError('command.cancelled', 'Cancelled.', { hint: 'Nothing was saved.' });
}

const required = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? 'Please enter something.' : undefined;

/** What was typed may fit none of the options. */
const chosen = (value: string | string[] | undefined): string | undefined =>
  value === undefined ? 'None has that in its name. Press Backspace, or type another.' : undefined;

/** Labels come from servers, too. */
const shown = ({ value, label, hint, disabled = false }: Option) => ({
  value,
  label: plain(label),
  disabled,
  ...(hint === undefined ? {} : { hint: plain(hint) }),
});

/**
 * Makes the questions of a terminal.
 *
 * @param streams - keyboard and screen
 */
export function terminalPrompts(streams: PromptStreams): Prompts {
  return {
    choose: async (message, options, signal) =>
      answer(
        await clack.select({ ...streams, signal, message, options: options.map(shown) }),
        signal,
      ),
    search: async (message, options, signal) =>
      answer(
        await clack.autocomplete({
          ...streams,
          signal,
          message,
          options: options.map(shown),
          placeholder: 'Type part of the name',
          validate: chosen,
          maxItems: 8,
        }),
        signal,
      ),
    text: async (message, signal, usual) => {
      const given = usual === undefined ? {} : { placeholder: usual, defaultValue: usual };
      const validate = usual === undefined ? { validate: required } : {};
      const ask = { ...streams, signal, message, ...given, ...validate };
      return answer(await clack.text(ask), signal).trim();
    },
    secret: async (message, signal) =>
      answer(
        await clack.password({
          ...streams,
          signal,
          message,
          validate: required,
          clearOnError: true,
        }),
        signal,
      ),
  };
}
