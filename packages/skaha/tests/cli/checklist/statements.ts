import { account } from './account.js';
import { beyond } from './beyond.js';
import { sessions } from './sessions.js';
import type { Statement } from './statement.js';
import { words } from './words.js';

/** What the command line promises, in the order of its contract. */
export const statements: readonly Statement[] = [...words, ...sessions, ...account, ...beyond];
