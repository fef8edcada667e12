import { text } from '../declare.js';

/** How a command reports its progress. */
export const progressModes = ['auto', 'plain', 'json', 'none'] as const;

/** One of {@link progressModes}. */
export type ProgressMode = (typeof progressModes)[number];

/** The option of every command that may take long. */
export const progressOption = text(
  'HOW',
  'how to show progress on standard error; json prints one object per line',
  { choices: progressModes, default: 'auto' },
);

/** The mode that an option's value stands for. */
export const progressMode = (value: string): ProgressMode =>
  progressModes.find((mode) => mode === value) ?? 'auto';
