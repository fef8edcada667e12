import { progressOption } from '@skaha/terminal/output/progress-option.js';
import type { DurationSpec, FlagSpec, TextSpec } from '../../command.js';
import { notifyOption } from '../../notify.js';

/** The options of launching that wait for what was launched. */
export const waitOptions: {
  wait: FlagSpec;
  waitTimeout: DurationSpec;
  open: FlagSpec;
  notify: TextSpec;
} = {
  wait: { type: 'boolean', help: 'wait until all run; headless sessions: until all have ended' },
  waitTimeout: {
    type: 'duration',
    value: 'TIME',
    min: 1000,
    max: 604_800_000,
    help: 'longest time for --wait and --open (default: 5m; until headless sessions end: no limit)',
  },
  open: { type: 'boolean', help: 'wait until it runs, then open it in the browser' },
  notify: { ...notifyOption, help: `with --wait or --attach, ${notifyOption.help}` },
};

/** What to wait for, and how. */
export const stateOptions: {
  for: TextSpec & { default: string };
  timeout: DurationSpec;
  any: FlagSpec;
  interval: DurationSpec & { default: number };
  progress: TextSpec & { default: string };
} = {
  for: {
    type: 'string',
    value: 'STATE',
    default: 'finished',
    help: 'running (or completed), finished, deleted, expired, or status=STATUS',
  },
  timeout: {
    type: 'duration',
    value: 'TIME',
    min: 1,
    max: 2_073_600_000,
    help: 'longest time for the whole wait (default: no limit)',
  },
  any: { type: 'boolean', help: 'stop at the first session that gets there' },
  interval: {
    type: 'duration',
    value: 'TIME',
    min: 10,
    max: 600_000,
    default: 2000,
    help: 'how often to ask',
  },
  progress: progressOption,
};
