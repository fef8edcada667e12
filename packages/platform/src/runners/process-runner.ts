import { bareEnclosure } from './bare.js';
import type { Scripts } from './enclosure.js';
import type { Limiter } from './limits/types.js';
import { LocalRunner } from './local-runner.js';
import type { RunnerParts } from './types.js';

/** Runs sessions as plain processes, on every system. */
export const processRunner = (
  parts: RunnerParts,
  scripts: Scripts,
  limiter: Limiter,
): LocalRunner =>
  new LocalRunner({
    ...parts,
    programs: scripts,
    enclosure: bareEnclosure(scripts, parts.homeOf),
    limiter,
  });
