// @ts-check
// Runs the cases in whatever runtime started this file, and prints how each ended as JSON.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import * as library from 'skaha';
import { Storage } from 'skaha/storage';
import { runCases } from './run.mjs';

/** @type {{connections: Record<string, object>, control: string}} */
const { connections, control } = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

/** @param {string} [text] */
async function fault(text) {
  const reply = await fetch(control, { method: 'POST', body: text ?? '' });
  if (!reply.ok) throw new Error(await reply.text());
}

const results = [];
for (const [credential, connection] of Object.entries(connections)) {
  /** @param {object} [options] */
  const connect = (options) => {
    const { certificate: _, ...anyone } = /** @type {Record<string, unknown>} */ (connection);
    return new library.SkahaClient({ ...(options ? anyone : connection), ...options });
  };
  const prefix = `${credential}-${Date.now().toString(36)}`;
  for (const result of await runCases({ library, Storage, connect, fault, prefix }))
    results.push({ credential, ...result });
}
process.stdout.write(`${JSON.stringify(results)}\n`);
