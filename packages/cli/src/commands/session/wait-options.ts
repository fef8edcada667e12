import type { DurationSpec, FlagSpec } from '../../command.js';

/** The options of launching that wait for what was launched. */
export const waitOptions: {
  wait: FlagSpec;
  waitTimeout: DurationSpec & { default: number };
  open: FlagSpec;
} = {
  wait: { type: 'boolean', help: 'wait until all run, or have completed' },
  waitTimeout: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 604_800_000,
    default: 300_000,
    help: 'longest time for --wait and --open',
  },
  open: { type: 'boolean', help: 'wait until it runs, then open it in the browser' },
};
