import { array, boolean, number, object, record, string, enum as words } from 'zod';

// The protocol, and what it describes inputs with. The build bundles what stands here by itself, so
// that nothing of it is shared with, and loaded by, commands that have no use for it.
export { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
export { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

/** As `z` of zod, without what is not used here: all languages of its messages. */
export const z = { array, boolean, enum: words, number, object, record, string };

/** How many at the most, where nobody says. */
export const atMost = (most: number, usual: number, help = 'At most this many') =>
  number().int().min(1).max(most).default(usual).describe(help);

/** A whole number that may be left out. */
export const amount = (least: number) => number().int().min(least).optional();

/** A text that is neither empty nor too long. */
export const line = (most: number, help: string) => string().min(1).max(most).describe(help);
