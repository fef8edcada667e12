const hourMs = 3_600_000;

/**
 * What to say about a credential that ends soon.
 *
 * @param what - the credential, as a subject
 * @param end - when it ends, in the future
 * @param now - milliseconds since the Unix epoch
 */
export function expiryWarning(what: string, end: Date, now: number): string {
  const hours = Math.ceil((end.getTime() - now) / hourMs);
  const left = hours > 48 ? `${Math.ceil(hours / 24)} days` : `${hours} hours`;
  const iso = end.toISOString().replace('.000Z', 'Z');
  return `${what} expires on ${iso}, in ${hours <= 1 ? 'less than an hour' : `about ${left}`}.`;
}

/**
 * The part of a warning that stays the same until the credential is replaced.
 *
 * @param warning - any text
 * @returns undefined when it is no warning about an end
 */
export function expirySubject(warning: string): string | undefined {
  const at = warning.lastIndexOf(' expires on ');
  const end = /^ expires on \d{4}-[^,]+(?=, in )/.exec(at > 0 ? warning.slice(at) : '')?.[0];
  return end === undefined ? undefined : warning.slice(0, at) + end;
}
