import type { CommandEntry } from '../command.js';
import { aliasCommands } from './alias/index.js';
import { appCommands } from './app/index.js';
import { authCommands } from './auth/index.js';
import { clientCommands } from './client/index.js';
import { configCommands } from './config/index.js';
import { contextCommands } from './context/index.js';
import { dataCommands } from './data/index.js';
import { imageCommands } from './image/index.js';
import { jobCommands } from './jobs/index.js';
import { loginCommands } from './login/index.js';
import { platformCommands } from './platform/index.js';
import { registryCommands } from './registry/index.js';
import { serverCommands } from './server/index.js';
import { sessionCommands } from './session/index.js';

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...sessionCommands,
  ...appCommands,
  ...jobCommands,
  ...dataCommands,
  ...imageCommands,
  ...serverCommands,
  ...loginCommands,
  ...authCommands,
  ...registryCommands,
  ...contextCommands,
  ...configCommands,
  ...platformCommands,
  ...aliasCommands,
  ...clientCommands,
];
