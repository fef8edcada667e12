import { join } from 'node:path';
import { replaceFileSync } from '@skaha/base/private-file.js';
import type { Scripts } from '../confinement.js';
import { linkUsualNames } from '../processes/program-aliases.js';
import { enterScript, standbyScript, starterScript, supervisorScript } from './scripts.js';

/** Where the programs of a runner are. */
export const scriptsIn = (directory: string): Scripts => ({
  supervisor: join(directory, 'supervisor.sh'),
  starter: join(directory, 'start.sh'),
  standby: join(directory, 'standby.sh'),
  enter: join(directory, 'enter.sh'),
  names: join(directory, 'names'),
});

/** Writes the programs of a runner again, as this version has them. */
export function installScripts(directory: string): Scripts {
  const scripts = scriptsIn(directory);
  replaceFileSync(scripts.supervisor, supervisorScript);
  replaceFileSync(scripts.standby, standbyScript);
  replaceFileSync(scripts.enter, enterScript);
  // Sessions read it, whatever user they run as.
  replaceFileSync(scripts.starter, starterScript, 0o644);
  linkUsualNames(scripts.names);
  return scripts;
}
