import { render } from '@skaha/terminal/output/render.js';
import { plain } from '@skaha/terminal/output/text.js';
import { SkahaError } from 'skaha';
import { loadConfiguration } from 'skaha/config';
import { expandPath } from 'skaha/internal/config/index.js';
import type { Run } from '../../command.js';
import { configurationSource } from './source.js';

export interface ConfigValidateOptions {
  file?: string | undefined;
  strict: boolean;
}

/** Checks a configuration file. */
export const runConfigValidate: Run<ConfigValidateOptions> = async (io, deps, options) => {
  const source = configurationSource(io, deps);
  const named = options.file === undefined ? source.path : expandPath(options.file, io.env);
  const { path, exists, warnings } = await loadConfiguration({ ...source, path: named });
  if (options.file !== undefined && !exists) {
    throw new SkahaError('config.invalid', `There is no file ${path}.`, {
      hint: 'Check its path.',
    });
  }
  if (options.strict && warnings.length > 0) {
    throw new SkahaError('config.invalid', warnings.join(' '), {
      hint: 'Without --strict these are warnings.',
    });
  }
  const state = exists ? 'is valid' : 'does not exist, so nothing is set';
  await render(io, {
    data: { path, exists, valid: true, warnings },
    table: () =>
      [`${path} ${state}.`, ...warnings.map((warning) => `Warning: ${plain(warning)}`)]
        .map((line) => `${line}\n`)
        .join(''),
  });
  return undefined;
};
