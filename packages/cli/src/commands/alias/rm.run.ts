import { nearest } from '@skaha/terminal/nearest.js';
import { SkahaError } from 'skaha';
import { updateConfiguration } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

export interface AliasRmOptions {
  names: readonly string[];
}

function missing(name: string, known: readonly string[]): SkahaError {
  const guess = nearest(name, known);
  return new SkahaError('alias.not_found', `There is no alias '${name}'.`, {
    hint: guess === undefined ? 'See them with  skaha alias ls.' : `Did you mean '${guess}'?`,
    id: name,
  });
}

/** Removes aliases. */
export const runAliasRm: Run<AliasRmOptions> = async (io, deps, { names }) => {
  const source = configurationSource(io, deps);
  await updateConfiguration(
    source.path,
    (draft) => {
      const kept = { ...draft.aliases };
      const known = Object.keys(kept);
      for (const name of names) {
        if (!known.includes(name)) throw missing(name, known);
        delete kept[name];
      }
      if (Object.keys(kept).length === 0) delete draft.aliases;
      else draft.aliases = kept;
    },
    source,
  );
  return undefined;
};
