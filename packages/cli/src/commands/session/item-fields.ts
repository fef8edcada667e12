import type { DataFields } from '@skaha/terminal/output/field.js';

/** What the result of a command on several sessions says about each. */
export const itemFields: DataFields = { names: ['id', 'name', 'ok', 'action', 'error'] };
