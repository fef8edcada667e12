import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { KeyPair } from './authority.js';

type Authority = typeof import('./authority.js');

/** The functions of `authority.ts` that the program calls. */
export type MakerName = 'createAuthority' | 'createServerCertificate' | 'createUserCertificate';

/** A request to the program. */
export interface MakerRequest {
  readonly number: number;
  readonly name: MakerName;
  readonly args: readonly unknown[];
}

/** A reply of the program. */
export interface MakerReply {
  readonly number: number;
  readonly pair?: KeyPair | undefined;
  readonly error?: string | undefined;
}

interface Waiting {
  resolve(pair: KeyPair): void;
  reject(error: Error): void;
}

/** How long an idle program is kept, in milliseconds. */
const idleMs = 500;

/** Next to this file in a build; when running from source, in the build. */
const program = ['./certificate-program.js', '../dist/certificate-program.js']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/**
 * Creates certificates in a process of its own, which ends when it is idle: a platform creates most
 * of them at its first start, and afterwards the libraries for it, even in a thread, would occupy
 * an eighth of its memory.
 */
class CertificateMaker {
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #number = 0;
  #idle: NodeJS.Timeout | undefined;

  async make(name: MakerName, args: readonly unknown[]): Promise<KeyPair> {
    clearTimeout(this.#idle);
    this.#number += 1;
    const number = this.#number;
    const child = this.#child ?? this.#open();
    child.ref();
    child.channel?.ref();
    return await new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      child.send({ number, name, args } satisfies MakerRequest);
    });
  }

  #open(): ChildProcess {
    if (program === undefined) throw new Error('what makes certificates is not there');
    const child = fork(program, {
      cwd: '/',
      // Options of this process, such as `--input-type`, may not be valid for a file.
      execArgv: [],
      env: {},
      // Requests contain dates.
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    child.on('message', (reply) => this.#replied(reply as MakerReply));
    child.on('error', (error) => this.#gone(child, error));
    child.on('exit', () => this.#gone(child, new Error('what makes certificates has ended')));
    return child;
  }

  #replied({ number, pair, error = '' }: MakerReply): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (pair === undefined) waiting?.reject(new Error(error));
    else waiting?.resolve(pair);
    if (this.#waiting.size > 0) return;
    this.#child?.unref();
    this.#child?.channel?.unref();
    this.#idle = setTimeout(() => this.#close(), idleMs).unref();
  }

  #close(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.disconnect();
  }

  #gone(child: ChildProcess, error: Error): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }
}

const maker = new CertificateMaker();

/** Creates a certificate authority. See `createAuthority`. */
export const makeAuthority = (...args: Parameters<Authority['createAuthority']>) =>
  maker.make('createAuthority', args);

/** Creates the certificate of a server. See `createServerCertificate`. */
export const makeServerCertificate = (...args: Parameters<Authority['createServerCertificate']>) =>
  maker.make('createServerCertificate', args);

/** Creates the certificate of a user. See `createUserCertificate`. */
export const makeUserCertificate = (...args: Parameters<Authority['createUserCertificate']>) =>
  maker.make('createUserCertificate', args);
