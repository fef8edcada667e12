import { plain } from '@skaha/terminal/output/text.js';
import { relative, utc } from '@skaha/terminal/output/time.js';
import type { CredentialSummary } from 'skaha/account';

/**
 * Says what a login has come to.
 *
 * @param credential - as saved
 * @param told - who it is for, and whether it was there before
 * @param now - milliseconds since the Unix epoch
 * @returns lines
 */
export function describeLogin(
  { name, expiry, renewable, server, active }: CredentialSummary,
  told: { user?: string | undefined; kept: boolean },
  now: number,
): string[] {
  const as = told.user === undefined ? '' : ` as ${plain(told.user)}`;
  const end = expiry === null ? undefined : new Date(expiry * 1000);
  const until = end === undefined || renewable ? '' : ` until ${utc(end)} (${relative(end, now)})`;
  const already = told.kept ? 'Already logged' : 'Logged';
  const lines = [`${already} in to ${name}${as}${until}.`];
  if (active && server !== undefined) {
    lines.push(`Sessions run at ${server}${told.kept ? '' : ' from now on'}.`);
  }
  if (!active || server === undefined)
    lines.push(`Another login is active. Use this one with 'skaha auth use ${name}'.`);
  if (told.kept) lines.push('Log in again with --force.');
  return lines;
}
