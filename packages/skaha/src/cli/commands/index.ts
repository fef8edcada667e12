import type { CommandEntry } from '../command.js';
import { clientCommands } from './client/index.js';
import { configCommands } from './config/index.js';
import { contextCommands } from './context/index.js';
import { imageCommands } from './image/index.js';
import { platformCommands } from './platform/index.js';
import { serverCommands } from './server/index.js';
import { sessionCommands } from './session/index.js';

/** The table of contents of the command line: every command, in the order of the root help. */
export const commands: readonly CommandEntry[] = [
  ...sessionCommands,
  ...imageCommands,
  ...serverCommands,
  ...contextCommands,
  ...configCommands,
  ...platformCommands,
  ...clientCommands,
];
