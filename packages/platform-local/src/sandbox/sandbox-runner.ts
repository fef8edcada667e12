import type { RunnerParts } from '@skaha/engine/ports/runner.js';
import type { Scripts } from '../enclosure.js';
import type { Limiter } from '../limits/types.js';
import { LocalRunner } from '../local-runner.js';
import type { SandboxTools } from './arguments.js';
import { sandboxEnclosure } from './enclosure.js';

/** Makes runners that run sessions as processes in sandboxes. */
export const sandboxRunner =
  (tools: SandboxTools) =>
  (parts: RunnerParts, scripts: Scripts, limiter: Limiter): LocalRunner =>
    new LocalRunner({
      ...parts,
      starters: scripts,
      enclosure: sandboxEnclosure(scripts, tools, parts),
      limiter,
    });
