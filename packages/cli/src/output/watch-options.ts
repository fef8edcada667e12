import type { OptionSpec } from '../command.js';

/** Whether and how often to look again. */
export interface WatchOptions {
  watch: boolean;
  interval: number;
}

/** The options of commands that look again and again. */
export const watchOptions: { [Key in keyof WatchOptions]: OptionSpec<WatchOptions[Key]> } = {
  watch: { type: 'boolean', short: 'w', help: 'go on looking until Ctrl-C' },
  interval: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 600_000,
    default: 5000,
    help: 'with --watch, how often to look',
  },
};
