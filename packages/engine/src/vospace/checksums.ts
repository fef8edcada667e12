import type { IncomingHttpHeaders } from 'node:http';
import { VospaceFault } from './fault.js';

const algorithms = { md5: 16, 'sha-256': 32 } as const;

/** A checksum algorithm that clients and this service know. */
export type Algorithm = keyof typeof algorithms;

/** The checksum that a client announces for its upload. */
export interface ExpectedChecksum {
  readonly algorithm: Algorithm;
  /** Hexadecimal. */
  readonly value: string;
}

/**
 * The checksums in the headers of an upload. Clients write them in hexadecimal or base64; those of
 * CADC write base64 of hexadecimal. Unknown algorithms are ignored.
 *
 * @throws {VospaceFault} `InvalidArgument` for an invalid checksum
 */
export function expectedOf(headers: IncomingHttpHeaders): ExpectedChecksum[] {
  const said: [string, string][] = [];
  const contentMd5 = headers['content-md5'];
  if (typeof contentMd5 === 'string') said.push(['md5', contentMd5]);
  const { digest } = headers;
  for (const part of typeof digest === 'string' ? digest.split(',') : []) {
    const [, name = '', value = ''] = /^([\w-]{1,40})=(.*)$/.exec(part.trim()) ?? [];
    said.push([name.toLowerCase(), value]);
  }
  return said.flatMap(([name, value]) => {
    if (!isAlgorithm(name)) return [];
    const hex = toHex(value.trim(), algorithms[name]);
    if (hex === undefined) throw new VospaceFault('InvalidArgument', `not a checksum: ${name}`);
    return [{ algorithm: name, value: hex }];
  });
}

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(algorithms, name);

function toHex(value: string, bytes: number): string | undefined {
  const isHex = (text: string) => new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`).test(text);
  if (isHex(value)) return value.toLowerCase();
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(value)) return undefined;
  const decoded = Buffer.from(value, 'base64');
  if (decoded.length === bytes) return decoded.toString('hex');
  const inner = decoded.toString('latin1');
  return isHex(inner) ? inner.toLowerCase() : undefined;
}
