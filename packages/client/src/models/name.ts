/** Longest name a session can have: it becomes a host name (RFC 1123). */
export const maximumNameLength = 63;

/**
 * What is wrong with a session name, or undefined when nothing is. The server takes letters,
 * digits and hyphens; the launch fails later unless the name also begins and ends without a
 * hyphen and has at most 63 characters with the number of its replica.
 *
 * @param name - as the caller gave it
 * @param suffixLength - room for the number of the last replica, hyphen included
 */
export function nameProblem(name: string, suffixLength = 0): string | undefined {
  if (name === '') return 'The session needs a name.';
  if (!/^[A-Za-z0-9-]+$/.test(name)) {
    return 'The name may contain only letters, digits and hyphens.';
  }
  if (name.startsWith('-') || name.endsWith('-')) {
    return 'The name must begin and end with a letter or a digit.';
  }
  const longest = maximumNameLength - suffixLength;
  if (name.length > longest) {
    const reason = suffixLength > 0 ? ', as the number of each replica is added' : '';
    return `The name may have at most ${longest} characters${reason}.`;
  }
  return undefined;
}
