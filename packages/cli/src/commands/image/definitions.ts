import { sessionKinds } from '@skaha/wire/kinds.js';
import { defineCommand } from '../../command.js';
import type { ImageLsOptions } from './run.js';

export const imageLsCommand = defineCommand<ImageLsOptions, 'text'>({
  description:
    "Lists the images that the platform offers, by project and name, with 'latest' first and then by descending version.",
  arguments: [{ key: 'text', value: 'TEXT', help: 'only images whose name contains this' }],
  options: {
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      choices: sessionKinds,
      help: 'only images for this kind of session',
    },
  },
  formats: ['json', 'yaml', 'name'],
  fields: {
    names: ['id', 'registry', 'project', 'name', 'tag', 'kinds', 'digest'],
    aliases: { kind: 'kinds', image: 'id' },
  },
  list: true,
  quiet: true,
  examples: [
    { command: 'skaha image ls', help: 'all of them' },
    { command: 'skaha image ls astro -k notebook', help: 'notebooks with "astro" in their name' },
    {
      command: "skaha image ls --filter project=skaha --filter 'tag!=latest' -o name",
      help: 'references to copy',
    },
    { command: 'skaha image ls --json', help: 'for a program' },
  ],
  exitCodes: { 3: '', 6: '' },
  load: () => import('./run.js').then((module) => module.runImageLs),
});
