import type { Run } from '../../command.js';
import { completionScripts, shells } from '../../completion/scripts.js';

export interface CompletionOptions {
  shell: string;
}

/** Prints the script of a shell. */
export const runCompletion: Run<CompletionOptions> = async (io, _deps, { shell }) => {
  const known = shells.find((name) => name === shell);
  if (known !== undefined) io.out(completionScripts[known]);
  return undefined;
};
