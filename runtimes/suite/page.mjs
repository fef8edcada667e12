// @ts-check
// Runs the cases in a web page: with the cookie that the page's visitor has, and with a token.
import * as library from 'skaha';
import { Storage } from 'skaha/storage';
import { runCases } from './run.mjs';

const url = new URL('/skaha', import.meta.url).href;

/** @param {string} [text] */
async function fault(text) {
  const reply = await fetch('/control', { method: 'POST', body: text ?? '' });
  if (!reply.ok) throw new Error(await reply.text());
}

/**
 * @param {{credential: string, token?: string}} options
 * @returns {Promise<unknown>}
 */
async function runInPage({ credential, token }) {
  /** @param {object} [options] */
  const connect = (options) =>
    new library.SkahaClient({ url, ...(token === undefined ? {} : { token }), ...options });
  const prefix = `${credential}-${Date.now().toString(36)}`;
  const results = await runCases({ library, Storage, connect, fault, prefix, isBrowser: true });
  return results.map((result) => ({ credential, ...result }));
}

Object.assign(globalThis, { runInPage });
