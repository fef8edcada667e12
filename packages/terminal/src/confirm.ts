import { fitted, type Io, note } from './io.js';
import { plain } from './output/text.js';
import { usageError } from './usage.js';

/**
 * Asks for a yes or no on standard error.
 *
 * @param io - where to ask
 * @param question - without the choices, for example `Delete 2 sessions?`
 * @param declined - what to say after a no, for example `Nothing was deleted.`
 * @returns true for yes; no is the default
 * @throws {UsageError} `command.usage` when nobody can be asked
 */
export async function confirm(io: Io, question: string, declined?: string): Promise<boolean> {
  if (io.assumeYes) return true;
  if (!io.mayAsk)
    throw usageError(
      `${plain(question)} Questions cannot be asked here.`,
      'Add --yes to answer with yes.',
    );
  const isAgreed = await answered(io, question);
  if (!isAgreed && declined !== undefined) note(io, declined);
  return isAgreed;
}

async function answered(io: Io, question: string): Promise<boolean> {
  for (;;) {
    io.err(`${fitted(io, `${question} [y/N]`)} `);
    const answer = await io.readLine();
    if (answer === undefined) io.err('\n');
    const word = (answer ?? '').trim().toLowerCase();
    if (word === '' || word === 'n' || word === 'no') return false;
    if (word === 'y' || word === 'yes') return true;
    io.err('Please answer y or n.\n');
  }
}
