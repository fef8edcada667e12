import { decodeText } from '@skaha/terminal/decode-text.js';
import { SkahaError } from 'skaha';
import type { Services } from './deps.js';

/**
 * Reads a file whose content is used as it is written.
 *
 * @throws {SkahaError} command.usage when it cannot be read or is not UTF-8
 */
export const readText = async (
  services: Pick<Services, 'readBytes'>,
  path: string,
  option: string,
): Promise<string> => decodeText(await readBytes(services, path, option), path);

/**
 * Reads a file byte for byte.
 *
 * @throws {SkahaError} command.usage when it cannot be read
 */
export async function readBytes(
  services: Pick<Services, 'readBytes'>,
  path: string,
  option: string,
): Promise<Uint8Array> {
  try {
    return await services.readBytes(path);
  } catch (cause) {
    throw new SkahaError('command.usage', `The file ${path} cannot be read.`, {
      cause,
      hint: `Check the path given with ${option}.`,
    });
  }
}
