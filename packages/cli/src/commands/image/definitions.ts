import { sessionKinds } from '@skaha/wire/kinds.js';
import { argument, defineCommand, fieldsOf, listOf, text } from '../../command.js';

export const imageFields = fieldsOf('id registry project name tag kinds digest', {
  aliases: { kind: 'kinds', image: 'id' },
});

export const imageLsCommand = defineCommand({
  description:
    "Lists the images that the platform offers, by project and name, with 'latest' first and then by descending version.",
  arguments: [argument('text', 'TEXT', 'only images whose name contains this')],
  options: {
    kind: text('KIND', 'only images for this kind of session', {
      short: 'k',
      choices: sessionKinds,
    }),
  },
  ...listOf(imageFields),
  examples: {
    'skaha image ls': 'all of them',
    'skaha image ls astro -k notebook': 'notebooks with "astro" in their name',
    "skaha image ls --filter project=skaha --filter 'tag!=latest' -o name": 'references to copy',
    'skaha image ls --json': 'for a program',
  },
  exitCodes: { 3: '', 6: '' },
});
