// @ts-check
import { files } from './files.mjs';
import { replies } from './replies.mjs';
import { server } from './server.mjs';
import { sent, typed } from './words.mjs';

/** Everything that reads what comes from outside. */
export const targets = [...replies, ...files, ...typed, ...sent, ...server];
