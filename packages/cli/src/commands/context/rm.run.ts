import { note } from '@skaha/terminal/io.js';
import { removeContext } from 'skaha/config';
import type { Run } from '../../command.js';
import { configurationSource } from '../config/source.js';

export interface ContextRmOptions {
  name: string;
}

/** Removes a context. */
export const runContextRm: Run<ContextRmOptions> = async (io, deps, { name }) => {
  const { active } = await removeContext(name, configurationSource(io, deps));
  note(io, `Context '${name}' was removed.${active ? ' No context is active now.' : ''}`);
  return undefined;
};
