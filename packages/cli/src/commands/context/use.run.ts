import { note } from '@skaha/terminal/io.js';
import { useContext } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

export interface ContextUseOptions {
  name: string;
}

/** Makes a context the active one. */
export const runContextUse: Run<ContextUseOptions> = async (io, deps, { name }) => {
  const { url } = await useContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' is active${url === undefined ? '' : `: ${url}`}.`);
  const variable = io.env['SKAHA_CONTEXT']?.trim();
  if (variable !== undefined && variable !== '' && variable !== name) {
    note(io, `Warning: SKAHA_CONTEXT is set and names '${variable}', which comes first.`);
  }
  return undefined;
};
