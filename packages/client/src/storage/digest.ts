import { SkahaError } from '../errors/index.js';

const hex = /^[0-9a-f]{32}$/i;

function fromBase64(text: string): string | undefined {
  try {
    const binary = atob(text);
    if (hex.test(binary)) return binary.toLowerCase();
    if (binary.length !== 16) return undefined;
    return Array.from(binary, (sign) => sign.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  } catch {
    return undefined;
  }
}

/**
 * The MD5 that a reply states, in hexadecimal: services write the bytes in base64, the hexadecimal
 * digits, or these in base64.
 *
 * @param header - gives the value of a header
 */
export function statedMd5(header: (name: string) => string | undefined): string | undefined {
  const digest = /(?:^|,)\s*md5=([^,\s]+)/i.exec(header('digest') ?? '')?.[1];
  const text = digest ?? header('content-md5')?.trim();
  if (text === undefined) return undefined;
  return hex.test(text) ? text.toLowerCase() : fromBase64(text);
}

/** The error for a file that is not what it should be. */
export function mismatch(path: string, what: string, hint: string, cause?: unknown): SkahaError {
  return new SkahaError('storage.checksum', `${path} ${what}`, { id: path, hint, cause });
}
