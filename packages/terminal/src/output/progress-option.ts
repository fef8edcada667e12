import { text } from '../declare.js';

const progressModes = ['auto', 'plain', 'json', 'none'] as const;

/** How a command reports its progress. */
export type ProgressMode = (typeof progressModes)[number];

/** The option of every command that may take long. */
export const progressOption = text(
  'HOW',
  'how to show progress on standard error; json prints one object per line',
  { choices: progressModes, default: 'auto' },
);
